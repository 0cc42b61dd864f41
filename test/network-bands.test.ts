import { afterAll, describe, expect, it } from 'vitest';
import { Restorer } from '../lib/index.js';
import type { AnyFrame, AnyFrameSize, Plan } from '../lib/index.js';
import { bandGroups } from '../lib/image/planes.js';
import { createFrame } from './support/frames.js';
import { randomModel } from './support/models.js';

const model = randomModel(1, 8);
const restorer = await Restorer.open({ model, threads: 2 });
const ensemble = await Restorer.open({ model, threads: 2, ensemble: 2 });
afterAll(async () => {
  await restorer.dispose();
  await ensemble.dispose();
});

const [width, height] = [30, 21];

/** Some channels of a frame as a frame of their own. */
function pick(frame: AnyFrame, channels: readonly number[], alpha = false): AnyFrame {
  const data = frame.data.slice(0, width * height * channels.length);
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    channels.forEach((channel, index) => {
      data[pixel * channels.length + index] = frame.data[pixel * frame.channels + channel]!;
    });
  }
  const { depth, white } = frame;
  return { width, height, channels: channels.length, depth, alpha, ...(white && { white }), data } as AnyFrame;
}

async function restore(by: Restorer, frame: AnyFrame): Promise<AnyFrame> {
  const { data } = await by.restore(frame as Parameters<Restorer['restore']>[0]);
  return { ...frame, data } as AnyFrame;
}

async function stream(frame: AnyFrame, chunkRows: number): Promise<AnyFrame['data']> {
  const output = frame.data.slice();
  const row = width * frame.channels;
  const rows = Array.from({ length: Math.ceil(height / chunkRows) }, (_, index) =>
    frame.data.slice(index * chunkRows * row, (index + 1) * chunkRows * row),
  );
  for await (const strip of restorer.stream(rows, frame)) output.set(strip.data, strip.row * row);
  return output;
}

const layouts: Pick<AnyFrameSize, 'channels' | 'alpha' | 'rgb'>[] = [
  { channels: 1 },
  { channels: 2 },
  { channels: 2, alpha: false },
  { channels: 3 },
  { channels: 3, rgb: [] },
  { channels: 3, alpha: true },
  { channels: 4 },
  { channels: 4, alpha: false, rgb: [[0, 1, 2]] },
  { channels: 4, alpha: false, rgb: [[3, 0, 2]] },
  {
    channels: 8,
    rgb: [
      [2, 1, 0],
      [7, 3, 5],
    ],
  },
  { channels: 16 },
];
const cases = layouts.map((layout, index) => ({ ...layout, depth: ([8, 16, 32] as const)[index % 3]! }));

/** A frame of these bands; floats are a 16-bit frame's samples in another unit. */
function createBands({ depth, ...layout }: (typeof cases)[number]): AnyFrame {
  const frame = {
    ...createFrame({ width, height, channels: layout.channels, depth: depth === 8 ? 8 : 16 }),
    ...layout,
  };
  if (depth !== 32) return frame;
  return { ...frame, depth: 32, white: 20, data: Float32Array.from(frame.data, (sample) => sample / 3000) };
}

describe.each(cases)('$channels channels of $depth bits, alpha $alpha, rgb $rgb', (layout) => {
  const frame = createBands(layout);
  const groups = bandGroups(frame);

  it.each([
    ['one pass', restorer],
    ['an ensemble', ensemble],
  ])('are restored group by group as if they were alone, by %s', async (_, by) => {
    const restored = await restore(by, frame);
    for (const group of groups) {
      const alone = await restore(by, pick(frame, group));
      expect(pick(restored, group).data).toEqual(alone.data);
      expect(alone.data).not.toEqual(pick(frame, group).data);
    }
    const others = Array.from({ length: frame.channels }, (_, channel) => channel).filter(
      (channel) => !groups.flat().includes(channel),
    );
    expect(others).toEqual((layout.alpha ?? [2, 4].includes(frame.channels)) ? [frame.channels - 1] : []);
    expect(pick(restored, others).data).toEqual(pick(frame, others).data);
  });

  it('are restored alike as they arrive', async () => {
    expect(await stream(frame, 9)).toEqual((await restore(restorer, frame)).data);
  });
});

describe('a plan', () => {
  it('counts the passes over all groups, and what a stream holds for each', () => {
    const colour = restorer.plan({ width, height });
    const many = restorer.plan({ width, height, channels: 7, rgb: [[0, 1, 2]] });
    expect(many.groups).toEqual([[0, 1, 2], [3], [4], [5], [6]]);
    expect(many.macs).toBe(5 * colour.macs);
    expect(many.pipelines).toBe(1);
    const bytesOf = ({ buffers }: Plan, name: string): number => buffers.find((buffer) => buffer.name === name)!.bytes;
    expect(bytesOf(many, 'pipeline')).toBe(bytesOf(colour, 'pipeline'));
  });

  it('of progress counts them too', async () => {
    const totals = new Set<number>();
    const steps: number[] = [];
    const frame = createFrame({ width, height, channels: 5 });
    await restorer.restore(frame, {
      onProgress: ({ done, total }) => {
        totals.add(total);
        steps.push(done);
      },
    });
    const { pass } = restorer.plan({ width, height });
    expect([...totals]).toEqual([5 * pass.height]);
    expect(steps.at(-1)).toBe(5 * pass.height);
  });
});
