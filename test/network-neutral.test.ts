import { afterAll, describe, expect, it } from 'vitest';
import { Restorer } from '../lib/index.js';
import type { Frame } from '../lib/index.js';
import { Marks } from '../lib/network/marks.js';
import { createRandom } from '../lib/math/random.js';
import { createFrame } from './support/frames.js';
import { randomModel } from './support/models.js';
import { arrange, createRamp, createUniform, meanOf } from './support/neutral-frames.js';

const restorer = await Restorer.open({ threads: 2 });
const random = await Restorer.open({ model: randomModel(1, 8), threads: 2, ensemble: 4 });
afterAll(async () => {
  await restorer.dispose();
  await random.dispose();
});

describe('a uniform frame', () => {
  const colours = [[0], [255], [255, 255, 255], [1, 1, 1], [40, 200, 90], [255, 0, 0], [128, 128, 128]];

  it.each(colours.flatMap((colour) => ([8, 16] as const).map((depth) => [colour, depth] as const)))(
    'of %j in %i bits comes back as it is',
    async (colour, depth) => {
      const frame = createUniform(colour, depth, 52, 39);
      for (const by of [restorer, random]) expect((await by.restore(frame)).data).toEqual(frame.data);
    },
  );
});

describe('channels that are equal', () => {
  const grey = createFrame({ width: 61, height: 45, channels: 1, depth: 16 });
  const colour = createFrame({ width: 61, height: 45 });

  it.each([
    ['the packaged model', restorer],
    ['four passes of a random one', random],
  ])('stay so: grey in three channels is restored as grey in one, by %s', async (_, by) => {
    const alone = { ...grey, data: (await by.restore(grey)).data } as Frame;
    expect((await by.restore(arrange(grey, [0, 0, 0]))).data).toEqual(arrange(alone, [0, 0, 0]).data);
  });

  it.each([[[0, 0, 2]], [[0, 1, 1]], [[0, 1, 0]]])('stay so in pairs: %j', async (channels) => {
    const pair = arrange(colour, channels);
    const { data } = await restorer.restore(pair);
    const restored = { ...pair, data } as Frame;
    const first = channels.findIndex((channel, index) => channels.indexOf(channel, index + 1) >= 0);
    const second = channels.indexOf(channels[first]!, first + 1);
    expect(arrange(restored, [first]).data).toEqual(arrange(restored, [second]).data);
    expect(arrange(restored, [0]).data).not.toEqual(arrange(restored, [channels[1] === 0 ? 2 : 1]).data);
  });
});

describe('a ramp keeps its mean', () => {
  it.each([
    [0, 255, 256, false],
    [0, 255, 512, true],
    [100, 110, 256, false],
  ])('from %i to %i over %i px (vertical %s)', async (low, high, length, isVertical) => {
    const ramp = createRamp(low, high, length, isVertical);
    const { data } = await restorer.restore(ramp);
    expect(Math.abs(meanOf(data) - meanOf(ramp.data))).toBeLessThan(0.05);
  });
});

describe('what the input of a pass says', () => {
  const [width, height] = [75, 90];
  /** Patches of one colour, some grey, with some single pixels of others. */
  const rows = new Uint8Array(width * height * 3);
  const next = createRandom(4);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const colour = x < 45 ? [9, 9, y < 50 ? 9 : 80] : [x, y < 30 ? x : y, y];
    rows.set(next() < 0.0005 ? [1, 2, 3] : colour, 3 * pixel);
  }

  /** Whether `holds` is true of all pixels up to `reach` away. */
  const around = (pixel: number, reach: number, holds: (other: number) => boolean): boolean => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    for (let row = Math.max(0, y - reach); row <= Math.min(height - 1, y + reach); row += 1)
      for (let column = Math.max(0, x - reach); column <= Math.min(width - 1, x + reach); column += 1)
        if (!holds(row * width + column)) return false;
    return true;
  };
  const at = (pixel: number, colour: number): number => rows[3 * pixel + colour]!;
  const sharedAt = (pixel: number): number =>
    [
      [0, 1],
      [1, 2],
      [0, 2],
    ].reduce(
      (bits, [a, b], index) => bits | (around(pixel, 2, (other) => at(other, a!) === at(other, b!)) ? 1 << index : 0),
      0,
    );
  const isQuiet = (pixel: number): boolean =>
    around(pixel, 16, (other) => [0, 1, 2].every((colour) => at(other, colour) === at(pixel, colour)));

  it.each([1, 7, 16])('is what windows around each pixel say, in strips of %i rows', (stripRows) => {
    const delayRows = 40;
    const pass = { width, height, transposed: false, threads: 1, stripRows, keepWeights: false } as const;
    const marks = new Marks(delayRows, pass);
    const kept: number[] = [];
    const shared: number[] = [];
    const take = (from: number, count: number): void => {
      const residual = new Int16Array(count * width * 3).fill(1);
      const bits = marks.apply(from, count, residual);
      for (let index = 0; index < count * width; index += 1) {
        kept.push(residual[3 * index]!);
        shared.push(bits?.[index] ?? 0);
      }
    };
    let done = 0;
    for (let row = 0; row < height; row += stripRows) {
      const count = Math.min(stripRows, height - row);
      marks.add(rows.subarray(row * width * 3), count);
      const ready = Math.max(0, row + count - delayRows) - done;
      if (ready > 0) take(done, ready);
      done += Math.max(0, ready);
    }
    for (; done < height; done += Math.min(stripRows, height - done)) take(done, Math.min(stripRows, height - done));
    const pixels = Array.from({ length: width * height }, (_, pixel) => pixel);
    expect(shared).toEqual(pixels.map(sharedAt));
    expect(kept).toEqual(pixels.map((pixel) => (isQuiet(pixel) ? 0 : 1)));
    expect(new Set(shared).size).toBeGreaterThan(2);
    expect(new Set(kept).size).toBe(2);
  });
});

it('depends neither on how a frame is cut nor on which way it is read', async () => {
  const { data, ...size } = createFrame({ width: 90, height: 76 });
  const frame = {
    ...size,
    data: data.map((sample, index) => (Math.floor(index / 3) % 90 < 50 ? 77 : sample)),
  } as Frame;
  const model = randomModel(1, 8);
  const reference = await restore({ model, stripRows: 64 });
  expect(reference.slice(0, 3)).toEqual(frame.data.slice(0, 3));
  for (const stripRows of [1, 5, 16]) expect(await restore({ model, stripRows })).toEqual(reference);
  await using by = await Restorer.open({ model, threads: 2 });
  const rows = frame.data.slice();
  for await (const strip of by.stream([frame.data], frame)) rows.set(strip.data, strip.row * 90 * 3);
  expect(rows).toEqual(reference);

  async function restore(options: Parameters<typeof Restorer.open>[0]): Promise<Frame['data']> {
    await using one = await Restorer.open({ threads: 2, ...options });
    return (await one.restore(frame)).data;
  }
});
