import { describe, expect, it } from 'vitest';
import { Restorer } from '../lib/index.js';
import type { AnyFrame, MaskedRows } from '../lib/index.js';
import { createFrame } from './support/frames.js';
import { randomModel } from './support/models.js';

const model = randomModel(1, 4);
const [WIDTH, HEIGHT] = [48, 160];
const size = { width: WIDTH, height: HEIGHT, channels: 3, depth: 8 } as const;
const frame = createFrame({ width: WIDTH, height: HEIGHT });
/** A border, a hole with rows of its own, and rows without any pixel. */
const valid = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, pixel) => {
  const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
  return x < 9 || Math.hypot(x - 30, y - 60) < 11 || (y > 100 && y < 107) || pixel % 97 === 0 ? 0 : 1;
});

function* cut(data: AnyFrame['data'], rows: number): Generator<MaskedRows> {
  for (let first = 0; first < HEIGHT; first += rows) {
    const [from, to] = [first * WIDTH, Math.min(HEIGHT, first + rows) * WIDTH];
    yield { data: data.subarray(3 * from, 3 * to), valid: valid.subarray(from, to) };
  }
}

async function stream(data: AnyFrame['data'], rows: number): Promise<number[]> {
  await using restorer = await Restorer.open({ model, threads: 1 });
  const found: number[] = [];
  for await (const strip of restorer.stream(cut(data, rows), { ...size, masked: true })) found.push(...strip.data);
  return found;
}

const ofPixels = (data: ArrayLike<number>, isThere: boolean): number[] =>
  Array.from(data).filter((_, at) => (valid[Math.floor(at / 3)] !== 0) === isThere);

describe('a stream of rows with missing pixels', () => {
  it('gives these back bit for bit, whatever they hold, and the others as if they held anything else', async () => {
    const other = frame.data.map((value, at) => (valid[Math.floor(at / 3)] === 0 ? (at * 31) % 256 : value));
    const [one, two] = [await stream(frame.data, 7), await stream(other, 7)];
    expect(ofPixels(one, false)).toEqual(ofPixels(frame.data, false));
    expect(ofPixels(two, false)).toEqual(ofPixels(other, false));
    expect(ofPixels(one, true)).toEqual(ofPixels(two, true));
  });

  it('does not depend on how many rows come at once', async () => {
    const one = await stream(frame.data, 1);
    expect(await stream(frame.data, 64)).toEqual(one);
  });

  it('is the stream without, where nothing is missing', async () => {
    await using restorer = await Restorer.open({ model, threads: 1 });
    const all = { data: frame.data, valid: new Uint8Array(WIDTH * HEIGHT).fill(1) };
    const found: number[] = [];
    for await (const { data } of restorer.stream([all], { ...size, masked: true })) found.push(...data);
    expect(found).toEqual(Array.from((await restorer.restore(frame)).data));
  });

  it('refuses masks that were not planned for, or do not fit', async () => {
    await using restorer = await Restorer.open({ model, threads: 1 });
    const given = { data: frame.data, valid };
    await expect(restorer.stream([given], size).next()).rejects.toThrow(/masked: true/);
    const short = { data: frame.data, valid: new Uint8Array(5) };
    await expect(restorer.stream([short], { ...size, masked: true }).next()).rejects.toThrow(/7680 bytes.*received 5/);
  });
});
