import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { ArgumentError, Restorer, StateError } from '../../lib/index.js';
import type { Frame, Strip } from '../../lib/index.js';
import { ledger } from '../../lib/runtime/ledger.js';
import type { Lease } from '../../lib/runtime/ledger.js';
import { PROCESS_BYTES } from '../../lib/runtime/memory-plan.js';
import { createFrame } from '../support/frames.js';
import { randomModel } from '../support/models.js';

const model = randomModel(2, 4);

function* cut({ data, width, channels }: Frame, rowsEach: readonly number[]): Generator<Uint8Array | Uint16Array> {
  let start = 0;
  for (let index = 0; start < data.length; index += 1) {
    const end = start + rowsEach[index % rowsEach.length]! * width * channels;
    yield data.subarray(start, end);
    start = end;
  }
}

async function collect(strips: AsyncIterable<Strip>): Promise<Strip[]> {
  const all: Strip[] = [];
  for await (const strip of strips) all.push(strip);
  return all;
}

const join = (strips: readonly Strip[]): number[] => strips.flatMap(({ data }) => Array.from(data));

describe('a stream of rows', () => {
  it.each([[[1]], [[5, 1, 16]], [[40]], [[1000]]])(
    'in pieces of %j rows gives the rows of the whole frame, in order',
    async (pieces) => {
      const frame = createFrame({ width: 50, height: 331, channels: 3 });
      await using restorer = await Restorer.open({ model });
      const strips = await collect(restorer.stream(cut(frame, pieces), frame));
      let next = 0;
      for (const { row, count, data } of strips) {
        expect(row).toBe(next);
        expect(data.length).toBe(count * 50 * 3);
        next += count;
      }
      expect(next).toBe(331);
      expect(join(strips)).toEqual(Array.from((await restorer.restore(frame)).data));
    },
  );

  it.each([
    [1, 16],
    [2, 8],
    [4, 16],
  ] as const)('takes %i channels of %i bits', async (channels, depth) => {
    const frame = createFrame({ width: 33, height: 122, channels, depth });
    await using restorer = await Restorer.open({ model });
    const strips = await collect(restorer.stream(cut(frame, [7]), frame));
    expect(join(strips)).toEqual(Array.from((await restorer.restore(frame)).data));
  });

  it('delivers rows before the last ones arrive', async () => {
    const frame = createFrame({ width: 32, height: 600 });
    let fed = 0;
    async function* sensor(): AsyncGenerator<Uint8Array | Uint16Array> {
      for (const rows of cut(frame, [4])) {
        fed += 4;
        yield rows;
      }
    }
    await using restorer = await Restorer.open({ model });
    const fedWhenDelivered: number[] = [];
    for await (const _ of restorer.stream(sensor(), frame)) fedWhenDelivered.push(fed);
    expect(fedWhenDelivered[0]).toBeLessThan(250);
    expect(fedWhenDelivered.at(-1)).toBe(600);
  });

  it('takes memory that does not depend on the height', async () => {
    await using restorer = await Restorer.open({ model });
    const rows = createFrame({ width: 64, height: 16 });
    const mapped: number[] = [];
    for (const height of [400, 4000]) {
      const source = cut({ ...rows, data: new Uint8Array(64 * 3 * height) }, [16]);
      for await (const _ of restorer.stream(source, { width: 64, height })) mapped.push(restorer.mappedBytes);
    }
    expect(new Set(mapped).size).toBe(1);
  });

  it('refuses rows that are no whole rows, too many, too few or of another type', async () => {
    const frame = createFrame({ width: 32, height: 64 });
    await using restorer = await Restorer.open({ model });
    const run = (source: Iterable<Uint8Array | Uint16Array>): Promise<Strip[]> =>
      collect(restorer.stream(source, frame));
    await expect(run([frame.data.subarray(1)])).rejects.toThrow(/whole rows of 96 samples/);
    await expect(run([new Uint8Array(0)])).rejects.toThrow(/whole rows/);
    await expect(run([new Uint8Array(96 * 65)])).rejects.toThrow(/Expected 64 rows/);
    await expect(run([new Uint8Array(96 * 60)])).rejects.toThrow('Expected 64 rows but received 60');
    await expect(run([new Uint16Array(96 * 64)])).rejects.toThrow(/Expected Uint8Array/);
    expect(await run([frame.data])).not.toHaveLength(0);
  });

  it('refuses rows too many also where they come when all were there', async () => {
    const frame = createFrame({ width: 32, height: 64 });
    await using restorer = await Restorer.open({ model });
    const row = new Uint8Array(96);
    const strips = restorer.stream([frame.data, row], frame);
    await expect(collect(strips)).rejects.toThrow('Expected 64 rows but received at least 65');
    const joined = new Uint8Array([...frame.data.subarray(96 * 32), ...row]);
    const late = restorer.stream([frame.data.subarray(0, 96 * 32), joined], frame);
    await expect(collect(late)).rejects.toThrow(ArgumentError);
  });

  it('refuses rows whose memory is taken away before they were copied', async () => {
    const frame = createFrame({ width: 32, height: 64 });
    const data = new Uint8Array(frame.data);
    await using restorer = await Restorer.open({ model });
    let hasGone = false;
    const run = async (): Promise<void> => {
      for await (const _ of restorer.stream([data.subarray(0, 96 * 32), data.subarray(96 * 32)], frame)) hasGone = true;
    };
    const running = run();
    setTimeout(() => structuredClone(data.buffer, { transfer: [data.buffer] }));
    await expect(running).rejects.toThrow(/memory of rows was transferred|whole rows/);
    expect(hasGone).toBe(false);
  });

  it('refuses an ensemble, whose other passes need the whole frame', async () => {
    await using restorer = await Restorer.open({ model, ensemble: 2 });
    await expect(collect(restorer.stream([], { width: 32, height: 64 }))).rejects.toThrow(ArgumentError);
  });

  it('passes on the failure of its source, and leaves the restorer usable', async () => {
    const frame = createFrame({ width: 32, height: 64 });
    await using restorer = await Restorer.open({ model });
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(96 * 10);
      throw new RangeError('sensor lost');
    }
    await expect(collect(restorer.stream(broken(), frame))).rejects.toThrow(new RangeError('sensor lost'));
    await restorer.restore(frame);
  });

  it('ends when its consumer stops reading', async () => {
    const frame = createFrame({ width: 32, height: 256 });
    let closed = false;
    async function* sensor(): AsyncGenerator<Uint8Array | Uint16Array> {
      try {
        yield* cut(frame, [8]);
      } finally {
        closed = true;
      }
    }
    await using restorer = await Restorer.open({ model });
    for await (const _ of restorer.stream(sensor(), frame)) break;
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(closed).toBe(true);
    await restorer.restore(frame);
  });

  it('can be aborted while its source is silent', async () => {
    await using restorer = await Restorer.open({ model });
    async function* silent(): AsyncGenerator<Uint8Array> {
      await new Promise(() => {});
    }
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const run = collect(restorer.stream(silent(), { width: 32, height: 64 }, { signal: controller.signal }));
    await expect(run).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
  });

  it('ends when its restorer is disposed of in the loop over it', async () => {
    const frame = createFrame({ width: 32, height: 256 });
    const restorer = await Restorer.open({ model });
    const run = async (): Promise<void> => {
      for await (const _ of restorer.stream(cut(frame, [8]), frame)) await restorer.dispose();
    };
    await expect(run()).rejects.toThrow(/disposed during a run/);
    expect(restorer.mappedBytes).toBe(0);
  });

  it('that was forgotten gives its memory back', async () => {
    setFlagsFromString('--expose-gc');
    const collectGarbage = runInNewContext('gc') as () => void;
    const forget = async (): Promise<void> => {
      const restorer = await Restorer.open({ model });
      const frame = createFrame({ width: 50, height: 331, channels: 3 });
      await restorer.stream(cut(frame, [331]), frame).next();
    };
    await forget();
    const all = { bytes: 1e6, budgetBytes: PROCESS_BYTES + 1e6, purpose: 'A test' };
    const waiting = vi.waitFor((): Promise<Lease> => ledger.reserve(all, AbortSignal.timeout(200)), 10_000);
    const collecting = setInterval(collectGarbage, 50);
    const lease = await waiting.finally(() => clearInterval(collecting));
    lease.release();
  });

  it('that was abandoned ends when its restorer is disposed of', async () => {
    const frame = createFrame({ width: 32, height: 256 });
    const restorer = await Restorer.open({ model });
    const strips = restorer.stream(cut(frame, [8]), frame);
    await strips.next();
    await restorer.dispose();
    await expect(strips.next()).rejects.toThrow(StateError);
    expect((await strips.next()).done).toBe(true);
  });

  it('that is aborted while nobody asks for rows lets go of the restorer, and says so to who asks next', async () => {
    const frame = createFrame({ width: 32, height: 256 });
    await using restorer = await Restorer.open({ model });
    const controller = new AbortController();
    const strips = restorer.stream(cut(frame, [8]), frame, { signal: controller.signal });
    await strips.next();
    controller.abort(null);
    await new Promise(setImmediate);
    await restorer.restore(frame);
    expect(await strips.next().catch((reason: unknown) => ({ reason }))).toEqual({ reason: null });
  });

  it('is refused while another run is in progress', async () => {
    const frame = createFrame({ width: 64, height: 64 });
    await using restorer = await Restorer.open({ model });
    const running = restorer.restore(frame);
    await expect(collect(restorer.stream([frame.data], frame))).rejects.toThrow(StateError);
    await running;
  });
});
