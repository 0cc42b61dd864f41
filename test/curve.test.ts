import { describe, expect, it } from 'vitest';
import { fillMissing } from '../lib/image/missing/fill.js';
import { Pauses } from '../lib/runtime/pauses.js';

const [width, height] = [40, 300];

/** A frame whose samples a function of the place says, filled where pixels are missing. */
async function fill(valueAt: (x: number, y: number) => number, isMissing: (x: number, y: number) => boolean) {
  const places = Array.from(
    { length: width * height },
    (_, pixel) => [pixel % width, Math.floor(pixel / width)] as const,
  );
  const truth = Uint16Array.from(places, ([x, y]) => valueAt(x, y));
  const valid = Uint8Array.from(places, ([x, y]) => (isMissing(x, y) ? 0 : 1));
  const data = truth.map((value, pixel) => (valid[pixel] === 0 ? 9 : value));
  const frame = { data, width, height, channels: 1, depth: 16 } as const;
  const { data: filled } = await fillMissing(frame, valid, new Pauses(), undefined, 'curved');
  return {
    at: (x: number, y: number) => filled[y * width + x]!,
    truth: (x: number, y: number) => truth[y * width + x]!,
  };
}

describe('a curved continuation', () => {
  it('goes on with slopes and curvatures 3 pixels beyond a border, and no farther', async () => {
    const surface = (x: number, y: number): number => 9000 + 35 * x - 12 * y + 6 * x * x - 0.03 * y * y + 0.5 * x * y;
    const { at, truth } = await fill(surface, (x) => x >= 25);
    for (let y = 0; y < height; y += 1) {
      for (let x = 25; x < 28; x += 1) expect(Math.abs(at(x, y) - truth(x, y))).toBeLessThanOrEqual(2);
    }
    expect(Math.abs(at(29, 150) - truth(29, 150))).toBeGreaterThan(100);
  });

  it('stays within what samples can hold', async () => {
    const { at } = await fill(
      (x) => Math.max(0, 4000 - 200 * x),
      (x) => x > 19,
    );
    expect(at(20, 50)).toBeLessThanOrEqual(200);
    expect(at(22, 50)).toBe(0);
  });

  it('takes the mean of neighbours where most around is there', async () => {
    const { at } = await fill(
      (x) => 10 * x * x,
      (x, y) => x === 20 && y % 9 === 4,
    );
    expect(at(20, 13)).toBe(4005);
  });
});
