import { describe, expect, it } from 'vitest';
import { ArgumentError, stars } from '../../lib/index.js';
import type { AnyFrame } from '../../lib/index.js';

const [WIDTH, HEIGHT] = [96, 80];
const SAMPLES = { 8: Uint8Array, 16: Uint16Array, 32: Float32Array } as const;

/** Light of a grid of spots with this standard deviation. */
const spots = (sigmaPx: number) => (x: number, y: number) =>
  Math.exp(-(((x % 24) - 12) ** 2 + ((y % 20) - 10) ** 2) / (2 * sigmaPx ** 2));

/** Light of frames that are no star frames, 1 being full scale. */
const LIGHTS: Readonly<Record<string, (x: number, y: number) => number>> = {
  zeros: () => 0,
  'full scale': () => 1,
  columns: (x) => (x % 4 < 2 ? 1 : 0),
  rows: (_, y) => (y % 8 === 0 ? 1 : 0),
  'a checkerboard': (x, y) => (x + y) % 2,
  'no numbers': () => Number.NaN,
  'numbers here and there': (x, y) => ((x * 7 + y * 13) % 5 === 0 ? Number.NaN : ((x * 31 + y * 17) % 101) / 101),
  'one infinite sample': (x, y) => (x === 40 && y === 40 ? Infinity : ((x * 31 + y * 17) % 101) / 101),
  'huge floats': (x, y) => 3e38 * (((x * 31 + y * 17) % 101) / 101),
  'huge negative floats': (x, y) => -1e38 * (((x * 31 + y * 17) % 101) / 101),
  'huge stars': (x, y) => 1e38 * spots(1.3)(x, y),
  'tiny stars': (x, y) => 1e-40 * spots(1.3)(x, y),
  'hot pixels': (x, y) => (x % 24 === 12 && y % 20 === 10 ? 1 : 0),
  'stars without noise': spots(1.3),
};

function frameOf(light: (x: number, y: number) => number, depth: 8 | 16 | 32, channels: number): AnyFrame {
  const full = depth === 32 ? 1 : 2 ** depth - 1;
  const data = new SAMPLES[depth](WIDTH * HEIGHT * channels);
  for (let index = 0; index < data.length; index += 1) {
    const pixel = Math.floor(index / channels);
    const value = full * light(pixel % WIDTH, Math.floor(pixel / WIDTH));
    data[index] = depth === 32 ? value : Math.max(0, Math.min(full, Math.round(value) || 0));
  }
  return { data, width: WIDTH, height: HEIGHT, channels, depth } as AnyFrame;
}

/** Places of numbers in a result that are none. */
function badNumbers(value: unknown, path: string): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path}: ${value}`];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => badNumbers(part, `${path}.${key}`));
}

/** Null where what looks like a star is too large for the frame, which is refused. */
const restoreIfPossible = (frame: AnyFrame, options: stars.RestoreStarsOptions): Promise<stars.StarResult | null> =>
  stars.restoreStars(frame, options).catch((error: unknown) => {
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).message).toMatch(/smaller than one window/);
    return null;
  });

const countBad = (data: ArrayLike<number>): number =>
  Array.from(data).filter((value) => !Number.isFinite(value)).length;

const motion = { lengthPx: 8, angleDegrees: 20 };
const OPTIONS: readonly stars.RestoreStarsOptions[] = [
  {},
  { defocus: 'auto' },
  { motion: 'paper', method: 'none' },
  { motion, electronsPerCount: 2 },
  { motion, method: 'richardson-lucy' },
  { motion, centroid: 'cog' },
  { motion: 'none', method: 'render' },
];

describe('no result holds NaN or Infinity', () => {
  it.each(Object.entries(LIGHTS))('of %s', async (_, light) => {
    for (const depth of [8, 16, 32] as const) {
      for (const channels of [1, 3] as const) {
        const frame = frameOf(light, depth, channels);
        for (const options of OPTIONS) {
          const result = await restoreIfPossible(frame, options);
          if (result === null) continue;
          const { stars: found, report, frame: restored } = result;
          const { plan, ...rest } = report;
          const where = `${depth} bits, ${channels} channels, ${JSON.stringify(options)}`;
          expect(badNumbers({ found, rest }, ''), where).toEqual([]);
          expect(plan.bytes).toBeGreaterThan(0);
          // Samples that are no numbers stay as they are; none is added.
          expect(countBad(restored.data), where).toBeLessThanOrEqual(countBad(frame.data));
        }
      }
    }
  });
});

it('stars without any noise are measured', async () => {
  const { electrons, stars: truth } = stars.simulate({
    width: 300,
    height: 200,
    stars: 8,
    motion: { lengthPx: 12, angleDegrees: 20 },
  });
  const data = electrons.map((value) => value / 65_535);
  const { stars: found, report } = await stars.restoreStars({ data, width: 300, height: 200, channels: 1, depth: 32 });
  expect(found).toHaveLength(truth.length);
  expect(report.motion).toMatchObject({ declined: null });
  for (const { x, y } of truth)
    expect(Math.min(...found.map((star) => Math.hypot(star.x - x, star.y - y)))).toBeLessThan(0.05);
});
