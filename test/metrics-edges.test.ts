import { describe, expect, it } from 'vitest';
import { metrics } from '../lib/index.js';
import type { Frame } from '../lib/index.js';
import { createRandom } from '../lib/math/random.js';
import { createFrame } from './support/frames.js';

/** Abramowitz and Stegun 7.1.26. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x);
  return Math.sign(x) * (1 - tail);
}

/** A step blurred by a Gaussian, whose normal is turned by `degrees` from the rows. */
function createEdge({
  degrees,
  sigma,
  noise = 0,
  side = 96,
}: {
  degrees: number;
  sigma: number;
  noise?: number;
  side?: number;
}): Frame {
  const angle = (degrees * Math.PI) / 180;
  const random = createRandom(5);
  const data = Uint16Array.from({ length: side * side }, (_, index) => {
    const [x, y] = [(index % side) - side / 2 + 0.3, Math.floor(index / side) - side / 2 + 0.8];
    const level =
      0.5 +
      0.3 * erf((x * Math.cos(angle) + y * Math.sin(angle)) / sigma / Math.SQRT2) +
      noise * Math.sqrt(12) * (random() - 0.5);
    return Math.round(65_535 * level);
  });
  return { width: side, height: side, channels: 1, depth: 16, data };
}

/** Where exp(-2 (pi sigma f)^2) is one half. */
const halfOf = (sigma: number): number => Math.sqrt(Math.LN2 / 2) / Math.PI / sigma;
const region = { left: 24, top: 24, width: 48, height: 48 };

describe('MTF50', () => {
  it.each([3, 12, 25, 40, 65, 95, 130, 200])(
    'of a Gaussian blur is that of its formula, edge turned by %i degrees',
    async (degrees) => {
      for (const sigma of [0.6, 1, 2]) {
        const found = await metrics.mtf50(createEdge({ degrees, sigma }), { region });
        expect(Math.abs(found / halfOf(sigma) - 1)).toBeLessThan(0.03);
      }
    },
  );

  it('is found without being told where the edge is, also in noise', async () => {
    for (const sigma of [0.7, 1.5]) {
      const frame = createEdge({ degrees: 8, sigma, noise: 0.005 });
      const { mtf50, edges } = await metrics.slantedEdges(frame);
      expect(await metrics.mtf50(frame)).toBe(mtf50);
      expect(edges).toBeGreaterThan(1);
      expect(Math.abs(mtf50 / halfOf(sigma) - 1)).toBeLessThan(0.06);
    }
  });

  it.each<[string, Frame, RegExp]>([
    ['a flat region', createEdge({ degrees: 5, sigma: 1, side: 300 }), /has no MTF50: most of its rows cross no edge/],
    ['an edge along the pixels', createEdge({ degrees: 0, sigma: 1 }), /has no MTF50: its edge runs along the pixels/],
    ['texture', createFrame({ width: 96, height: 96, channels: 1 }), /has no MTF50/],
  ])('is refused for %s', async (_, frame, message) => {
    const part = frame.width === 300 ? { ...region, left: 0 } : region;
    await expect(metrics.mtf50(frame, { region: part })).rejects.toMatchObject({
      code: 'IMAGE_INVALID',
      message: expect.stringMatching(message),
    });
  });

  it('says what to do where there is no edge, or the region is none', async () => {
    const flat = { width: 64, height: 64, channels: 1, depth: 8, data: new Uint8Array(4096) } as const;
    await expect(metrics.mtf50(flat)).rejects.toThrow(/none was found; name a region that holds one/);
    await expect(metrics.mtf50(flat, { region: { left: 40, top: 0, width: 30, height: 30 } })).rejects.toThrow(
      /region 30x30 at 40,0 is not within the frame of 64x64/,
    );
    await expect(metrics.mtf50(flat, { region: { left: 0, top: 0, width: 5, height: 30 } })).rejects.toThrow(
      /between 20 and 4096 for region.width/,
    );
  });
});

describe('edge sharpness', () => {
  it('of a ramp is its slope', async () => {
    const data = Float32Array.from({ length: 4096 }, (_, index) => 0.01 * (index % 64));
    expect(await metrics.edgeSharpness({ width: 64, height: 64, channels: 1, depth: 32, data })).toBeCloseTo(0.01, 8);
  });
});

describe('water agreement', () => {
  /** Land on the left, water from column `coast` on. */
  const shore = (coast: number): Frame => ({
    width: 100,
    height: 40,
    channels: 3,
    depth: 8,
    data: Uint8Array.from({ length: 12_000 }, (_, index) => {
      const isWater = Math.floor(index / 3) % 100 >= coast;
      return (isWater ? [20, 40, 60] : [120, 110, 70])[index % 3]! + (index % 7);
    }),
  });

  it('counts pixels by the threshold of the reference', async () => {
    const found = await metrics.compareWater(shore(60), shore(50));
    expect(found).toMatchObject({ iou: 40 / 50, accuracy: 0.9, water: 0.4, referenceWater: 0.5 });
    expect(found.separability).toBeGreaterThan(0.95);
    expect((await metrics.measure(shore(60), { reference: shore(50), metrics: ['waterAgreement'] })).values).toEqual({
      waterAgreement: 0.8,
    });
    expect(await metrics.waterAgreement(shore(60), shore(50))).toBe(0.8);
  });

  it('takes other channels, and dark for water where there are none', async () => {
    expect(await metrics.compareWater(shore(60), shore(50), { indexChannels: [1, 0] })).toMatchObject({ iou: 0.8 });
    const grey = (coast: number): Frame => ({
      width: 100,
      height: 40,
      channels: 1,
      depth: 8,
      data: shore(coast).data.filter((_, index) => index % 3 === 0),
    });
    expect(await metrics.compareWater(grey(60), grey(50))).toMatchObject({ iou: 0.8, referenceWater: 0.5 });
  });

  it('is the same for any number of threads', async () => {
    const [a, b] = [createFrame({ width: 90, height: 70 }), createFrame({ width: 90, height: 70, seed: 2 })];
    const expected = await metrics.compareWater(a, b, { threads: 1 });
    for (const threads of [2, 3]) expect(await metrics.compareWater(a, b, { threads })).toEqual(expected);
    expect(expected.iou).toBeLessThan(1);
  });

  it('refuses channels that are none', async () => {
    await expect(metrics.compareWater(shore(1), shore(2), { indexChannels: [1, 1] })).rejects.toThrow(
      /twice channel 1/,
    );
    await expect(metrics.compareWater(shore(1), shore(2), { indexChannels: [3, 1] })).rejects.toThrow(
      /there is no channel 3, the frame has 3/,
    );
  });
});
