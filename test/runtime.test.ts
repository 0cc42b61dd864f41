import { execFileSync } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ArgumentError, BudgetError, IsaError, NativeError, Runtime, StateError } from '../lib/index.js';
import { loadBinding } from '../lib/runtime/native/loader.js';
import { AtHand } from '../lib/runtime/at-hand.js';
import { Crew } from '../lib/runtime/crew.js';
import { Ledger } from '../lib/runtime/ledger.js';
import type { Kept, Lease } from '../lib/runtime/ledger.js';
import { PROCESS_BYTES } from '../lib/runtime/memory-plan.js';
import { ScopedGenerator } from '../lib/runtime/scoped-generator.js';
import { Scope } from '../lib/runtime/scope.js';
import { ThreadGate } from '../lib/runtime/thread-gate.js';
import { Turns } from '../lib/runtime/turns.js';
import { createRandom } from '../lib/math/random.js';

const never = new AbortController().signal;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const settled = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'done',
    (reason: unknown) => reason,
  );

/** A promise that is resolved from outside. */
function deferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

describe('a gate of threads', () => {
  it('lets no more threads work than its limit, serves calls in their order, and gives all threads back', async () => {
    const random = createRandom(3);
    for (let round = 0; round < 30; round += 1) {
      const gate = new ThreadGate();
      const limit = 1 + Math.floor(3 * random());
      let [sum, most] = [0, 0];
      const begun: number[] = [];
      const calls = Array.from({ length: 12 }, (_, index) => {
        const wanted = 1 + Math.floor(3 * random());
        const controller = new AbortController();
        if (random() < 0.3) void sleep(3 * random()).then(() => controller.abort(new Error('enough')));
        const call = gate.run(limit, wanted, controller.signal, async (workers) => {
          expect(workers).toBeGreaterThanOrEqual(1);
          expect(workers).toBeLessThanOrEqual(Math.min(wanted, limit));
          begun.push(index);
          sum += workers;
          most = Math.max(most, sum, gate.busy);
          await sleep(2 * random());
          sum -= workers;
          if (random() < 0.2) throw new Error('failed');
        });
        return settled(call);
      });
      const outcomes = await Promise.all(calls);
      expect(
        outcomes.every((outcome) => outcome === 'done' || /^(enough|failed)$/.test((outcome as Error).message)),
      ).toBe(true);
      expect(most).toBeLessThanOrEqual(limit);
      expect(begun).toEqual([...begun].sort((a, b) => a - b));
      expect(gate.busy).toBe(0);
    }
  });

  it('rejects who is aborted while he waits, and lets the next in', async () => {
    const gate = new ThreadGate();
    const [first, controller] = [deferred(), new AbortController()];
    const working = gate.run(1, 1, never, () => first.promise);
    const waiting = gate.run(1, 1, controller.signal, async () => 'second');
    const last = gate.run(1, 1, never, async () => 'last');
    controller.abort(null);
    expect(await settled(waiting)).toBeNull();
    first.resolve();
    await working;
    expect(await last).toBe('last');
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });

  it('gives back what was taken by a call that is aborted just as it is let in', async () => {
    const gate = new ThreadGate();
    const [first, controller] = [deferred(), new AbortController()];
    const working = gate.run(2, 2, never, () => first.promise);
    const waiting = gate.run(2, 2, controller.signal, async () => 'second');
    const abort = working.then(() => controller.abort(new Error('late')));
    first.resolve();
    await Promise.allSettled([working, waiting, abort]);
    expect(gate.busy).toBe(0);
    expect(await gate.run(2, 2, never, async (workers) => workers)).toBe(2);
  });

  it('shares out what is free, and counts calls of different limits together', async () => {
    const gate = new ThreadGate();
    const first = deferred();
    const two = gate.run(3, 2, never, async (workers) => {
      await first.promise;
      return workers;
    });
    expect(await gate.run(3, 3, never, async (workers) => workers)).toBe(1);
    const one = gate.run(1, 1, never, async () => gate.busy);
    first.resolve();
    expect(await two).toBe(2);
    expect(await one).toBe(1);
  });
});

const request = (bytes: number, budgetBytes: number, reuse: Kept | null = null) => ({
  bytes,
  budgetBytes: PROCESS_BYTES + budgetBytes,
  purpose: 'The work',
  reuse,
});

describe('the ledger', () => {
  it('never grants more than the budget of who asks, in the order of asking, and gets everything back', async () => {
    const random = createRandom(4);
    for (let round = 0; round < 30; round += 1) {
      const ledger = new Ledger();
      const granted: number[] = [];
      const work = Array.from({ length: 15 }, async (_, index) => {
        const controller = new AbortController();
        if (random() < 0.3) void sleep(3 * random()).then(() => controller.abort(new Error('enough')));
        const budget = 60 + Math.floor(60 * random());
        using lease = await ledger.reserve(request(1 + Math.floor(50 * random()), budget), controller.signal);
        granted.push(index);
        expect(ledger.bytes).toBeLessThanOrEqual(budget);
        await sleep(random());
        lease.shrink(lease.bytes / 2);
        await sleep(random());
      });
      await Promise.allSettled(work);
      expect(granted).toEqual([...granted].sort((a, b) => a - b));
      expect(ledger.bytes).toBe(0);
    }
  });

  it('refuses what could never be granted, with the budget that would do', async () => {
    const ledger = new Ledger();
    const held = ledger.hold(20, {});
    const error = await ledger.reserve(request(81, 100), never).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BudgetError);
    expect((error as BudgetError).requiredBytes).toBe(PROCESS_BYTES + 101);
    expect((error as BudgetError).message).toMatch(
      /^The work needs at least 109MB, .* models and transforms that are open/,
    );
    held.release();
    held.release();
    const enough = await ledger.reserve(request(100, 100), never);
    expect(enough.bytes).toBe(100);
    enough.release();
    enough.release();
    expect(ledger.bytes).toBe(0);
  });

  it('frees what is kept before anybody waits, the longest kept first, and no more than is needed', async () => {
    const ledger = new Ledger();
    const freed: string[] = [];
    const keep = (name: string, bytes: number): Kept => {
      const kept = { bytes, free: () => void freed.push(name) };
      ledger.keep(kept);
      return kept;
    };
    keep('first', 30);
    const second = keep('second', 30);
    keep('third', 30);
    const lease = await ledger.reserve(request(40, 100), never);
    expect(freed).toEqual(['first']);
    expect(ledger.bytes).toBe(100);
    const reused = await ledger.reserve(request(30, 100, second), never);
    expect(freed).toEqual(['first']);
    expect(ledger.drop(second)).toBe(false);
    ledger.makeRoom(PROCESS_BYTES + 70);
    expect(freed).toEqual(['first', 'third']);
    for (const one of [lease, reused]) one.release();
    expect(ledger.bytes).toBe(0);
  });

  it('grants what waits as soon as there is room, and forgets who is aborted', async () => {
    const ledger = new Ledger();
    const first = await ledger.reserve(request(80, 100), never);
    const controller = new AbortController();
    const aborted = settled(ledger.reserve(request(90, 100), controller.signal));
    let got: Lease | null = null;
    const waiting = ledger.reserve(request(50, 100), never).then((lease) => {
      got = lease;
    });
    first.shrink(45);
    await turn();
    // Who asked before and needs more is served first.
    expect(got).toBeNull();
    controller.abort(new Error('no more'));
    expect(await aborted).toEqual(new Error('no more'));
    await waiting;
    expect(ledger.bytes).toBe(95);
    await expect(ledger.reserve(request(1, 100), AbortSignal.abort(7))).rejects.toBe(7);
  });

  it('refuses what waits once memory is held that leaves no room for it, and grants what waits behind', async () => {
    const ledger = new Ledger();
    const first = await ledger.reserve(request(80, 100), never);
    const refused = settled(ledger.reserve(request(60, 100), never));
    const waiting = ledger.reserve(request(20, 100), never);
    const held = ledger.hold(50, {});
    expect(await refused).toMatchObject({ code: 'BUDGET_TOO_SMALL', requiredBytes: PROCESS_BYTES + 110 });
    first.release();
    (await waiting).release();
    held.release();
    expect(ledger.bytes).toBe(0);
  });

  it('makes those wait who need what work has taken beyond its plan, and does not refuse them', async () => {
    const ledger = new Ledger();
    const taken = ledger.take(60);
    const waiting = ledger.reserve(request(70, 100), never);
    await turn();
    expect(ledger.bytes).toBe(60);
    taken.release();
    (await waiting).release();
    expect(ledger.bytes).toBe(0);
  });
});

describe('memory at hand', () => {
  const native = (mappedBytes: number): { mappedBytes: number; isDisposed: boolean; dispose: () => void } => {
    const object = {
      mappedBytes,
      isDisposed: false,
      dispose: () => {
        object.isDisposed = true;
      },
    };
    return object;
  };

  it('is used again for the same shape, and given back for another', () => {
    const atHand = new AtHand<{ side: number }, ReturnType<typeof native>>();
    const first = atHand.take({ side: 1 }, () => native(10));
    expect(atHand.keptFor([{ side: 1 }])).toBeNull();
    atHand.keep();
    expect(atHand.keptFor([null, { side: 1 }])?.bytes).toBe(10);
    expect(atHand.keptFor([{ side: 2 }])).toBeNull();
    expect(atHand.take({ side: 1 }, () => native(99))).toBe(first);
    expect(atHand.keptFor([{ side: 1 }])).toBeNull();
    expect(atHand.take({ side: 2 }, () => native(20))).not.toBe(first);
    expect([first.isDisposed, atHand.mappedBytes]).toEqual([true, 20]);
    atHand.keep();
    atHand.keptFor([{ side: 2 }])!.free();
    expect(atHand.mappedBytes).toBe(0);
    atHand.free();
  });
});

describe('a crew', () => {
  const binding = loadBinding();

  it('rejects with the reason of an abort, even where the call has ended well, and translates errors', async () => {
    const crew = new Crew(binding, 2);
    const controller = new AbortController();
    const run = crew.call(controller.signal, async () => controller.abort(null), 2);
    expect(await settled(run)).toBeNull();
    const native = Object.assign(new Error('no room'), { code: 'OUT_OF_MEMORY' });
    await expect(crew.call(never, () => Promise.reject(native), 1)).rejects.toThrow(NativeError);
    await expect(
      crew.call(
        never,
        () => {
          throw native;
        },
        1,
      ),
    ).rejects.toThrow(NativeError);
    expect(getEventListeners(never, 'abort')).toHaveLength(0);
    crew.dispose();
    crew.dispose();
    await expect(crew.call(never, async () => 1, 1)).rejects.toThrow(StateError);
  });
});

describe('a runtime', () => {
  it.each<[object, new (...args: never[]) => Error, RegExp]>([
    [{ threads: 0 }, ArgumentError, /for threads/],
    [{ threads: 4 }, ArgumentError, /for threads/],
    [{ memory: '5 apples' }, ArgumentError, /for memory/],
    [{ isa: 'sse9' }, IsaError, /Unknown instruction set/],
    [{ isa: '' }, ArgumentError, /for isa/],
    [{ nativeBinding: '/no/such.node' }, NativeError, /no\/such\.node/],
    [{ thread: 2 }, ArgumentError, /Unknown thread/],
  ])('with %j is refused', async (options, type, message) => {
    const run = Runtime.open(options);
    await expect(run).rejects.toThrow(type);
    await expect(run).rejects.toThrow(message);
  });

  it('is named instead of the options of one, and must be open', async () => {
    const runtime = await Runtime.open({ threads: 2, memory: '200MB', isa: 'scalar' });
    expect(Runtime.of({ runtime })).toBe(runtime);
    expect(() => Runtime.of({ runtime, threads: 2 })).toThrow(/Give either runtime or threads/);
    expect(() => Runtime.of({ runtime: {} as Runtime })).toThrow(/Expected Runtime for runtime/);
    expect({ ...runtime, threads: runtime.threads }).toMatchObject({ isa: 'scalar', budgetBytes: 200e6, threads: 2 });
    runtime.dispose();
    expect(() => Runtime.of({ runtime })).toThrow(StateError);
  });

  it('ends with StateError what waits on it when it is disposed', async () => {
    const runtime = await Runtime.open({ threads: 1, memory: '1GB' });
    using scope = new Scope(runtime);
    const [purpose, ledger] = ['A test', new Ledger()];
    using lease = await ledger.reserve({ bytes: 600e6, budgetBytes: 1e9, purpose }, new AbortController().signal);
    const waiting = ledger.reserve({ bytes: 700e6, budgetBytes: 1e9, purpose }, scope.signal);
    runtime.dispose();
    await expect(waiting).rejects.toThrow('The runtime was disposed');
    await expect(waiting).rejects.toBeInstanceOf(StateError);
    expect(lease.bytes).toBe(600e6);
  });

  it.runIf(process.platform === 'linux')('has as many threads as the processors of the affinity mask', () => {
    const script = "import('./dist/index.js').then(async (p) => console.log((await p.Runtime.open()).threads))";
    expect(execFileSync('taskset', ['-c', '0', process.execPath, '-e', script], { encoding: 'utf8' }).trim()).toBe('1');
  });
});

describe('a scope', () => {
  const runtime = Runtime.of({});
  const progress = { phase: 'work', unit: 'steps', done: 1, total: 2 } as const;

  it.each([null, undefined, 0, new Error('over')])('aborts with the reason %s of its caller', (reason) => {
    const controller = new AbortController();
    const scope = new Scope(runtime, { signal: controller.signal });
    controller.abort(reason);
    expect(scope.signal.aborted).toBe(true);
    expect(scope.signal.reason).toBe(controller.signal.reason);
    scope[Symbol.dispose]();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    expect(new Scope(runtime, { signal: controller.signal }).signal.reason).toBe(controller.signal.reason);
  });

  it('ends with the error of an onProgress, thrown or rejected', async () => {
    const error = new RangeError('no more');
    const throwing = new Scope(runtime, {
      onProgress: () => {
        throw error;
      },
    });
    expect(() => throwing.progress(progress)).toThrow(error);
    const rejecting = new Scope(runtime, { onProgress: () => Promise.reject(error) });
    rejecting.progress(progress);
    await turn();
    expect(rejecting.signal.reason).toBe(error);
    expect(() => rejecting.progress(progress)).toThrow(error);
  });
});

describe('operations one at a time', () => {
  const runtime = Runtime.of({});

  it('refuse a second, and are ended by dispose, which waits for their end', async () => {
    const turns = new Turns('restorer');
    const ended: string[] = [];
    const run = turns.run(runtime, {}, async ({ signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await turn();
      ended.push('work');
      signal.throwIfAborted();
    });
    await expect(turns.run(runtime, {}, async () => 1)).rejects.toThrow(/busy with another frame/);
    const outcome = settled(run);
    await turns.dispose();
    expect(ended).toEqual(['work']);
    expect(await outcome).toBeInstanceOf(StateError);
    await turns.dispose();
    await expect(turns.run(runtime, {}, async () => 1)).rejects.toThrow('The restorer is disposed');
  });

  it('of which each gives pieces end where they wait, and whoever asks next is told why', async () => {
    const turns = new Turns('restorer');
    let isOver = false;
    const pieces = new ScopedGenerator(
      () => turns.begin(runtime, {}),
      async function* () {
        try {
          for (let piece = 0; ; piece += 1) yield piece;
        } finally {
          await turn();
          isOver = true;
        }
      },
    );
    expect(await pieces.next()).toEqual({ done: false, value: 0 });
    await turns.dispose();
    expect(isOver).toBe(true);
    await expect(pieces.next()).rejects.toThrow(StateError);
    expect(await pieces.next()).toEqual({ done: true, value: undefined });
  });
});
