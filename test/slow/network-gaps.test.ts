import { describe, expect, it } from 'vitest';
import { Restorer } from '../../lib/index.js';
import type { BudgetError, Frame, ImageOptions, RestorerOptions } from '../../lib/index.js';
import { createFrame, digest } from '../support/frames.js';
import { randomModel } from '../support/models.js';

const model = randomModel(1, 4);
const [width, height] = [280, 264];
const frame = createFrame({ width, height });

/** A border aslant, a hole, and single pixels: 0 where one is missing. */
const valid = Uint8Array.from({ length: width * height }, (_, pixel) => {
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  return 3 * x < y || Math.hypot(x - 190, y - 90) < 20 || pixel % 61 === 0 ? 0 : 1;
});

async function restore(options: RestorerOptions): Promise<{ data: string; panels: number }> {
  await using restorer = await Restorer.open({ model, threads: 1, ...options });
  const { data, report } = await restorer.restore(frame, { valid });
  return { data: digest(data), panels: report.method === 'network' ? report.plan.layout.panels.length : 0 };
}

/** The least memory that will do: for panels. */
async function leastMemory(): Promise<number> {
  await using narrow = await Restorer.open({ model, threads: 1, memory: '1MB' });
  try {
    narrow.plan({ ...frame, masked: true });
  } catch (error) {
    return (error as BudgetError).requiredBytes;
  }
  throw new Error('it fits into 1 MB');
}

/** Some columns and rows of a frame as a frame of their own. */
function crop({ data }: Frame, [left, top, right, bottom]: readonly [number, number, number, number]): Frame {
  const rows = Array.from({ length: bottom - top }, (_, row) => [
    ...data.subarray(((top + row) * width + left) * 3, ((top + row) * width + right) * 3),
  ]);
  return { data: Uint8Array.from(rows.flat()), width: right - left, height: bottom - top, channels: 3, depth: 8 };
}

describe('a network', () => {
  it('gives the same bytes beside gaps, however a frame is cut', async () => {
    const whole = await restore({});
    for (const cut of [
      { threads: 2, stripRows: 1 },
      { threads: 3, stripRows: 6 },
    ] as const)
      expect((await restore(cut)).data).toBe(whole.data);
    const narrow = await restore({ memory: await leastMemory() });
    expect(narrow.panels).toBeGreaterThan(whole.panels);
    expect(narrow.data).toBe(whole.data);
  });

  it('takes a mask without gaps as none, also after one with gaps', async () => {
    await using restorer = await Restorer.open({ model, ensemble: 2 });
    const restoreWith = async (options: ImageOptions): Promise<string> =>
      digest((await restorer.restore(frame, options)).data);
    const expected = await restoreWith({});
    expect(await restoreWith({ valid })).not.toBe(expected);
    expect(await restoreWith({ valid: new Uint8Array(width * height).fill(1) })).toBe(expected);
    expect(await restoreWith({})).toBe(expected);
  });

  it('sees a border of missing pixels as the rim of a frame', async () => {
    await using restorer = await Restorer.open({ model });
    const inner = [24, 40, 252, 168] as const;
    const [left, top, right, bottom] = inner;
    const isThere = (x: number, y: number): boolean => x >= left && x < right && y >= top && y < bottom;
    const there = Uint8Array.from({ length: width * height }, (_, pixel) =>
      isThere(pixel % width, Math.floor(pixel / width)) ? 255 : 0,
    );
    const { data } = await restorer.restore(frame, { valid: there });
    const { data: expected } = await restorer.restore(crop(frame, inner));
    expect(digest(crop({ ...frame, data }, inner).data)).toBe(digest(expected));
  });
});
