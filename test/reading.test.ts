import { describe, expect, it } from 'vitest';
import { deconvolve, estimate } from '../lib/index.js';
import type { AnyFrame, Frame, ImageOptions, PerifocalError } from '../lib/index.js';
import { encodeFrame } from '../lib/image/encode.js';
import { openImage } from '../lib/image/open-image.js';
import { findWhite } from '../lib/image/white.js';
import { bytesOf } from '../lib/runtime/memory-plan.js';
import { Pauses } from '../lib/runtime/pauses.js';
import { createFrame } from './support/frames.js';

const frame = createFrame({ width: 64, height: 48, depth: 16 });

/** The frame at another white level. */
const scaled = (factor: number): Frame => ({ ...frame, data: frame.data.map((sample) => Math.round(sample * factor)) });

const whiteOf = (one: AnyFrame, valid: Uint8Array | null = null) => findWhite(one, valid, new Pauses());

describe('white', () => {
  it('is what the samples can hold where they reach half of it, and of 8 bits', async () => {
    expect(await whiteOf(frame)).toEqual({ white: 65_535, whiteFrom: 'type' });
    const dark = createFrame({ width: 32, height: 32, range: [0, 0.1] });
    expect(await whiteOf(dark)).toEqual({ white: 255, whiteFrom: 'type' });
  });

  it.each([10_000, 4095, 1023])('is what samples reach that go to %i', async (white) => {
    const found = await whiteOf(scaled(white / 65_535));
    expect(found.whiteFrom).toBe('data');
    expect(found.white).toBeGreaterThan(0.9 * white);
    expect(found.white).toBeLessThanOrEqual(white);
  });

  it.each([1e-4, 1e-2, 1e2, 1e4])('follows floats in any unit, such as %f', async (unit) => {
    const data = Float32Array.from(frame.data, (sample) => (unit * sample) / 65_535);
    const found = await whiteOf({ ...frame, depth: 32, data } as AnyFrame);
    expect(found.whiteFrom).toBe('data');
    expect(found.white / unit).toBeCloseTo(1, 1);
  });

  it('is not that of hot pixels, of missing ones, or of a frame without light', async () => {
    const hot = scaled(1 / 16);
    hot.data[500] = 65_535;
    expect((await whiteOf(hot)).white).toBeLessThanOrEqual(4096);
    const valid = new Uint8Array(64 * 48).fill(1).fill(0, 0, 640);
    const nodata = { ...scaled(1 / 16), data: scaled(1 / 16).data.fill(65_535, 0, 3 * 640) };
    expect((await whiteOf(nodata, valid)).white).toBeLessThanOrEqual(4096);
    const black = { ...frame, data: new Uint16Array(frame.data.length) };
    expect(await whiteOf(black)).toEqual({ white: 65_535, whiteFrom: 'type' });
  });

  it('is reported with how it is known', async () => {
    const options = { psf: 'disk:2', sigma: 0.01 } as const;
    const given = await deconvolve(scaled(0.1), { ...options, white: 6553.5 });
    expect(given.report).toMatchObject({ white: 6553.5, whiteFrom: 'given' });
    const byFrame = await deconvolve({ ...scaled(0.1), white: 6553.5 }, options);
    expect(byFrame.report).toMatchObject({ white: 6553.5, whiteFrom: 'file' });
    expect(byFrame.data).toEqual(given.data);
    expect((await deconvolve(scaled(0.1), options)).report.whiteFrom).toBe('data');
  });
});

describe('bands', () => {
  it('that are named are those of the picture', async () => {
    const cube = createFrame({ width: 32, height: 24, channels: 5 });
    const { rgb } = await deconvolve(cube, { psf: 'disk:2', sigma: 0.01, bands: [[5, 2, 1]] });
    expect(rgb).toEqual([[4, 1, 0]]);
  });

  it.each([
    ['of a sixth', [[1, 2, 6]], /band 6 is beyond the 5 of the image/],
    ['twice', [[1, 2, 2]], /band 2 is named twice/],
    ['of alpha', [[1, 2, 17]], /between 1 and 16 for band/],
    ['of two', [[1, 2]], /lists of three bands for bands/],
  ])('%s are refused', async (_, bands, message) => {
    const cube = createFrame({ width: 32, height: 24, channels: 5 });
    const options = { psf: 'disk:2', bands } as unknown as ImageOptions & { readonly psf: string };
    await expect(deconvolve(cube, options)).rejects.toThrow(message);
  });
});

describe('options that say how samples are understood', () => {
  it.each<[string, object, RegExp]>([
    ['nodata as text', { nodata: '0' }, /number or 'none' for nodata/],
    ['white 0', { white: 0 }, /for white/],
    ['white NaN', { white: NaN }, /for white/],
    ['white beyond 16 bits', { white: 70_000 }, /white 70000 is no value of samples of 16 bits: give one from 1/],
    ['white below 1', { white: 0.5 }, /white 0\.5 is no value of samples of 16 bits: give one from 1 to 65535/],
    ['nodata between numbers', { nodata: 0.5 }, /nodata 0\.5 is no value that samples can have/],
    [
      'nodata beyond 16 bits',
      { nodata: -9999 },
      /nodata -9999 is no value that samples can have, which are unsigned integers of 16 bits/,
    ],
    ['nodata between integers', { nodata: 1.5 }, /nodata 1\.5 is no value/],
    ['page 0', { page: 0 }, /integer between 1 and 65535 for page/],
    ['page 2 of pixels', { page: 2 }, /there is no page 2/],
    ['a plane of another size', { valid: new Uint8Array(5) }, /3072 bytes for valid/],
    ['a mask of another size', { mask: createFrame({ width: 20, height: 20 }) }, /has 20x20 pixels/],
    ['a mask that is none', { mask: 7 }, /path, file bytes or frame for mask/],
  ])('%s is refused by every operation', async (_, options, message) => {
    for (const operation of [() => deconvolve(frame, { psf: 'disk:2', ...options }), () => estimate(frame, options)]) {
      const error = (await operation().catch((reason: unknown) => reason)) as PerifocalError;
      expect(error.message).toMatch(message);
      expect(error.code).toMatch(/^(ARGUMENT|IMAGE)_INVALID$/);
    }
  });
});

it('nodata that no float has is refused', async () => {
  const floats = { ...frame, depth: 32, data: Float32Array.from(frame.data) } as const;
  const error = deconvolve(floats, { psf: 'disk:2', nodata: 1e39 });
  await expect(error).rejects.toThrow(/nodata 1e\+39 is no value of floats of 32 bits: give one up to 3\.4e38/);
});

describe('a mask', () => {
  it('that is a file is planned for to the end, as the frame is', async () => {
    const file = await encodeFrame(createFrame({ width: 64, height: 48, channels: 1 }), 'png');
    const { signal } = new AbortController();
    const { buffers } = await openImage(frame, { signal, mask: file });
    expect(buffers.find(({ name }) => name === 'file')?.bytes).toBe(file.length);
    expect(bytesOf(buffers)).toBeGreaterThan(file.length + 2 * 64 * 48);
  });
});

it('white is sought in all columns, also where the step between samples would divide the width', async () => {
  const [width, height] = [2048, 2048];
  const data = Uint16Array.from({ length: width * height }, (_, pixel) => (pixel % 4 === 0 ? 100 : 2000));
  const frame = { width, height, channels: 1, depth: 16, data } as const;
  expect(await findWhite(frame, null, new Pauses())).toEqual({ white: 2000, whiteFrom: 'data' });
});
