import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { findJpegNoise } from '../lib/estimate/jpeg/jpeg-noise.js';
import { deconvolve, psf } from '../lib/index.js';
import type { Frame } from '../lib/index.js';
import { blurScene } from './support/blur.js';

const SIDE = 256;
const KERNEL = psf.disk(3);
const { sharp: truth, blurred } = blurScene({ width: SIDE, height: SIDE, kernel: KERNEL });
const METHODS = ['hyper-laplacian', 'wiener', 'richardson-lucy'] as const;

const ofBands = (channels: 1 | 3): Frame => ({
  ...blurred,
  channels,
  data: Uint8Array.from({ length: channels * SIDE ** 2 }, (_, index) => blurred.data[Math.floor(index / channels)]!),
});

async function compress(frame: Frame, quality: number): Promise<{ file: Buffer; frame: Frame }> {
  const { width, height, channels, data } = frame;
  const file = await sharp(data, { raw: { width, height, channels: channels as 1 | 3 } })
    .jpeg({ quality })
    .toBuffer();
  const picture = sharp(file).toColourspace(channels === 1 ? 'b-w' : 'srgb');
  return { file, frame: { ...frame, data: Uint8Array.from(await picture.raw().toBuffer()) } };
}

/** A part of a frame, from so many pixels to the right and below its corner. */
function cropOf({ width, channels, data, ...frame }: Frame, left: number, top: number, side: number): Frame {
  const cropped = new Uint8Array(side * side * channels);
  for (let y = 0; y < side; y += 1) {
    const from = ((top + y) * width + left) * channels;
    cropped.set(data.subarray(from, from + side * channels), y * side * channels);
  }
  return { ...frame, width: side, height: side, channels, data: cropped };
}

function psnrOf(data: ArrayLike<number>, channels = 1): number {
  let sum = 0;
  for (let pixel = 0; pixel < SIDE ** 2; pixel += 1) sum += (truth.data[pixel]! - data[pixel * channels]!) ** 2;
  return 10 * Math.log10((255 ** 2 * SIDE ** 2) / sum);
}

/** The first steps of Annex K of T.81 at a quality, as libjpeg scales them. */
const stepsAt = (quality: number): number[] => {
  const scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  return [16, 11, 10].map((step) => Math.floor((step * scale + 50) / 100));
};

describe('the steps of JPEG', () => {
  it.each([75, 50, 30])('are found in samples of a frame in grey, at quality %i', async (quality) => {
    const found = findJpegNoise((await compress(ofBands(1), quality)).frame);
    expect(found!.steps.slice(0, 3)).toEqual(stepsAt(quality));
  });

  it('are found in colours, wherever blocks begin', async () => {
    const { frame } = await compress(ofBands(3), 50);
    const found = findJpegNoise(cropOf(frame, 5, 3, 224));
    expect(found!.steps.slice(0, 3)).toEqual(stepsAt(50));
  });

  it('say how large the error of a sample is', async () => {
    const { frame } = await compress(ofBands(1), 50);
    const errors = Array.from(frame.data, (value, pixel) => value - blurred.data[pixel]!);
    const squares = errors.reduce((sum, error) => sum + error ** 2, 0);
    const measured = Math.sqrt(squares / SIDE ** 2) / 255;
    const ratio = Math.sqrt(findJpegNoise(frame)!.variance) / measured;
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.4);
  });

  it.each([257, 256])('are found in a copy of 16 bits, %i times as large', async (factor) => {
    const { frame } = await compress(ofBands(1), 50);
    const copy: Frame = { ...frame, depth: 16, data: Uint16Array.from(frame.data, (sample) => factor * sample) };
    const [found, expected] = [findJpegNoise(copy)!, findJpegNoise(frame)!];
    expect(found.steps).toEqual(expected.steps);
    expect(found.variance / expected.variance).toBeCloseTo(((factor * 255) / 65535) ** 2, 9);
    copy.data[5] = 12345;
    expect(findJpegNoise(copy)).toBeNull();
  });

  it('are not found in frames that never were compressed', () => {
    expect(findJpegNoise(ofBands(1))).toBeNull();
    expect(findJpegNoise(ofBands(3))).toBeNull();
    expect(findJpegNoise(truth)).toBeNull();
    expect(findJpegNoise({ ...ofBands(1), data: new Uint8Array(SIDE ** 2).fill(7) })).toBeNull();
  });
});

describe.each(METHODS)('%s of a JPEG', (method) => {
  it.each([75, 30])('helps at quality %i, from a file or from samples', async (quality) => {
    const { file, frame } = await compress(ofBands(1), quality);
    for (const input of [file, frame]) {
      const restored = await deconvolve(input, { psf: KERNEL, method });
      expect(psnrOf(restored.data, restored.channels)).toBeGreaterThan(psnrOf(frame.data));
    }
  });
});

it.each([8, 16, 24])('a checker of squares of %i pixels was not compressed', async (side) => {
  const [width, height] = [192, 192];
  const data = Uint8Array.from({ length: width * height }, (_, pixel) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    return (Math.floor(x / side) + Math.floor(y / side)) % 2 === 0 ? 200 : 60;
  });
  const soft = sharp(data, { raw: { width, height, channels: 1 } })
    .blur(1.2)
    .toColourspace('b-w');
  const frame = {
    width,
    height,
    channels: 1 as const,
    depth: 8 as const,
    data: Uint8Array.from(await soft.raw().toBuffer()),
  };
  expect(findJpegNoise(frame)).toBeNull();
});
