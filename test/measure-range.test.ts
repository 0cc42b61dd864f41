import { describe, expect, it } from 'vitest';
import { metrics } from '../lib/index.js';
import type { AnyFrame } from '../lib/index.js';
import { createFrame } from './support/frames.js';

const frame = createFrame({ width: 200, height: 180 });
const reference = createFrame({ width: 200, height: 180, seed: 3 });

/** A frame of 8 bits in samples of another unit. */
function scale(source: AnyFrame, white: number, depth: 16 | 32): AnyFrame {
  const factor = white / 255;
  const { data, ...size } = source;
  if (depth === 32) return { ...size, depth, data: Float32Array.from(data, (value) => value * factor) };
  return { ...size, depth, data: Uint16Array.from(data, (value) => Math.round(value * factor)) };
}

/** Some bands of a frame, each as often as it is named. */
function pickBands({ data, ...size }: AnyFrame, bands: readonly number[]): AnyFrame {
  const pixels = size.width * size.height;
  const picked = Uint8Array.from(
    { length: pixels * bands.length },
    (_, at) => data[Math.floor(at / bands.length) * size.channels + bands[at % bands.length]!]!,
  );
  return { ...size, channels: bands.length, depth: 8, alpha: false, data: picked };
}

describe('metrics of samples in another unit', () => {
  it.each([
    [65_535, 16],
    [10_000, 16],
    [4095, 16],
    [1023, 16],
    [1e-4, 32],
    [1, 32],
    [1e4, 32],
  ] as const)('are the same, white being %f of %i bits', async (white, depth) => {
    const names = ['psnr', 'ssim', 'msSsim', 'niqe', 'brisque', 'edgeSharpness'] as const;
    const expected = await metrics.measure(frame, { reference, metrics: names });
    const found = await metrics.measure(scale(frame, white, depth), {
      reference: scale(reference, white, depth),
      metrics: names,
      white,
    });
    expect(found.white).toBe(white);
    for (const name of names)
      expect(Math.abs(found.values[name]! / expected.values[name]! - 1), name).toBeLessThan(0.01);
  });

  it('take the white of the reference for both', async () => {
    const dim = scale(frame, 3000, 16);
    const bright = { ...scale(reference, 4095, 16), white: 4095 };
    const { white, values } = await metrics.measure(dim, { reference: bright, metrics: ['psnr'] });
    expect(white).toBe(4095);
    expect(values.psnr).toBeCloseTo(await metrics.psnr(dim, bright, { white: 4095 }), 12);
    await expect(metrics.psnr({ ...dim, white: 1023 }, bright)).rejects.toThrow(
      /different values of white, 4095 and 1023/,
    );
  });
});

describe('metrics of several bands', () => {
  it.each([[[0, 1]], [[0, 1, 2, 1]], [[2, 1, 0, 1, 2]]])('are of all: %j', async (bands) => {
    const [a, b] = [pickBands(frame, bands), pickBands(reference, bands)];
    const ofEach = await Promise.all(
      bands.map(async (band) => [
        255 ** 2 / 10 ** ((await metrics.psnr(pickBands(frame, [band]), pickBands(reference, [band]))) / 10),
        await metrics.ssim(pickBands(frame, [band]), pickBands(reference, [band])),
      ]),
    );
    const mean = (part: 0 | 1): number => ofEach.reduce((sum, one) => sum + one[part]!, 0) / bands.length;
    expect(await metrics.psnr(a, b)).toBeCloseTo(10 * Math.log10(255 ** 2 / mean(0)), 9);
    expect(await metrics.ssim(a, b, { colour: 'mean' })).toBeCloseTo(mean(1), 9);
    const { skipped } = await metrics.measure(a, { reference: b });
    expect(skipped.waterAgreement).toMatch(/indexChannels/);
  });

  it('refuse frames of other bands, and channels that are none', async () => {
    await expect(metrics.psnr(pickBands(frame, [0, 1]), frame)).rejects.toThrow(/is of 2 bands, the reference RGB/);
  });
});
