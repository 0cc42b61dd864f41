import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { NativePool } from '../lib/runtime/native/binding.js';
import { loadBinding } from '../lib/runtime/native/loader.js';
import { NATIVE_CASES } from './support/native-cases.js';
import type { NativeCase } from './support/native-cases.js';
import { ticketOf } from './support/tickets.js';

const binding = loadBinding();
const isa = binding.isas().find(({ supported }) => supported)!.name;

async function resultOf(native: NativeCase, threads: 1 | 2 | 3, pool: NativePool, workers: number): Promise<unknown> {
  const { call, read, dispose } = await native.prepare(binding, threads);
  const result = await read(await call(pool.ticket(workers)));
  dispose?.();
  return result;
}

describe.each(NATIVE_CASES)('$name', (native) => {
  it('gives the same bytes however many threads compute', async () => {
    const pool = binding.createPool(3);
    const expected = await resultOf(native, 1, pool, 1);
    for (const threads of [1, 2, 3] as const) {
      for (const workers of [1, 2, 3]) expect(await resultOf(native, threads, pool, workers)).toEqual(expected);
    }
    expect(pool.busy).toBe(0);
    expect(pool.mostBusy).toBeLessThanOrEqual(3);
    pool.dispose();
  });

  it('throws ARGUMENT without a ticket', async () => {
    const { call, dispose } = await native.prepare(binding, 2);
    const settled = Promise.resolve().then(() => call(undefined as never));
    await expect(settled).rejects.toMatchObject({ code: 'ARGUMENT', message: expect.stringContaining('ticket') });
    dispose?.();
  });

  it('rejects with ABORTED when its ticket is cancelled', async () => {
    const pool = binding.createPool(2);
    const { call, dispose } = await native.prepare(binding, 2);
    const ticket = pool.ticket(2);
    ticket.cancel();
    await expect(call(ticket)).rejects.toMatchObject({ code: 'ABORTED' });
    expect(pool.busy).toBe(0);
    dispose?.();
    pool.dispose();
  });
});

/** Seconds that the processor works until a call of more than 50 ms ends, after it was cancelled. */
async function workAfterCancel(start: (ticket: { cancel(): void }) => Promise<unknown>): Promise<number> {
  const pool = binding.createPool(2);
  const ticket = pool.ticket(2);
  const settled = expect(start(ticket)).rejects.toMatchObject({ code: 'ABORTED' });
  while (pool.busy === 0) await nextTurn();
  const before = process.cpuUsage();
  ticket.cancel();
  await settled;
  const { user, system } = process.cpuUsage(before);
  pool.dispose();
  return (user + system) / 1e6;
}

/** 50 ms on each of two threads. */
const SOON = 0.1;

describe('a call that is cancelled ends soon', () => {
  const side = 3000;
  const values = new Float32Array(side * side).map((_, i) => ((i * 7919) % 1000) / 1000);
  const plane = { data: values, invalid: new Uint8Array(side * side), width: side, height: side };
  const frame = { data: values, width: side, height: side, channels: 1 };
  const machine = { isa, threads: 2 } as const;

  it('in a search for peaks', async () => {
    const profile = { kind: 'streak', shape: [60, 0.3, 1.2] } as const;
    expect(
      await workAfterCancel((ticket) =>
        binding.findPeaks({ ...plane, profile, limit: 5, sigma: 1, threads: 2 }, isa, ticket),
      ),
    ).toBeLessThan(SOON);
  });

  it('in a metric', async () => {
    const similarity = { ...machine, component: -1, pool: 1, halvings: 0, range: 1 };
    expect(await workAfterCancel((ticket) => binding.measureSimilarity(frame, frame, similarity, ticket))).toBeLessThan(
      SOON,
    );
    expect(await workAfterCancel((ticket) => binding.measureScene(frame, machine, ticket))).toBeLessThan(SOON);
  });

  it('in a step of a solver, which then has to load again', async () => {
    const shape = {
      method: 'richardson-lucy',
      width: side,
      height: side,
      radiusX: 8,
      radiusY: 8,
      symmetric: false,
      modes: 3,
      boundary: 'replicate',
      sampleBits: 32,
      acceleration: 'none',
      totalVariation: false,
      masked: false,
      threads: 2,
    } as const;
    const solver = binding.createSolver(shape, isa);
    const window = { samples: values, frameWidth: side, channels: 1, channel: 0, left: 0, top: 0 };
    const kernels = new Float64Array(3 * 17 * 17).fill(1 / (3 * 17 * 17));
    await solver.setPsf(
      { kernels, coefficients: new Float32Array(3).fill(1), gridRows: 1, gridColumns: 1 },
      ticketOf(binding),
    );
    expect(await workAfterCancel((ticket) => solver.load(window, null, ticket))).toBeLessThan(SOON);
    await expect(solver.step(ticketOf(binding))).rejects.toMatchObject({ code: 'STATE' });
    solver.dispose();
  });
});

describe('a pool', () => {
  it('counts the threads that compute', async () => {
    const pool = binding.createPool(3);
    const call = binding.measurePeak(isa, 3, pool.ticket(3));
    await sleep(20);
    expect(pool.busy).toBeGreaterThan(0);
    await call;
    expect([pool.busy, pool.mostBusy]).toEqual([0, 3]);
    pool.dispose();
  });

  it('refuses calls that together want more threads than it has', async () => {
    const pool = binding.createPool(2);
    const first = binding.measurePeak(isa, 2, pool.ticket(2));
    await sleep(20);
    await expect(binding.measurePeak(isa, 1, pool.ticket(1))).rejects.toMatchObject({ code: 'INTERNAL' });
    await first;
    await binding.measurePeak(isa, 1, pool.ticket(1));
    expect(pool.mostBusy).toBe(2);
    pool.dispose();
  });

  it('lets calls end that are in flight when it is disposed, and refuses others', async () => {
    const pool = binding.createPool(2);
    const call = binding.measurePeak(isa, 2, pool.ticket(2));
    const late = pool.ticket(1);
    await sleep(20);
    pool.dispose();
    pool.dispose();
    expect(await call).toBeGreaterThan(0);
    await expect(binding.measurePeak(isa, 1, late)).rejects.toMatchObject({ code: 'STATE' });
  });

  it.each([0, 4, NaN])('of %d threads is refused', (threads) => {
    expect(() => binding.createPool(threads)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });

  it('gives no ticket for more threads than it has', () => {
    const pool = binding.createPool(1);
    expect(() => pool.ticket(2)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    pool.dispose();
  });
});

describe('native objects', () => {
  it('are not mistaken for others', async () => {
    const pool = binding.createPool(1);
    const pass = { width: 8, height: 8, transposed: false, threads: 1, stripRows: 8, keepWeights: false } as const;
    expect(() => binding.createPipeline(pool as never, pass)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect(() => binding.measurePeak(isa, 1, pool as never)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    expect(() => binding.measurePeak(isa, 1, {} as never)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
    pool.dispose();
  });

  it('know no words that TypeScript does not', () => {
    const shape = { kind: 'picture', rows: 8, columns: 8, threads: 1 };
    expect(() => binding.planFft(shape as never)).toThrow(
      expect.objectContaining({ code: 'INTERNAL', message: expect.stringContaining("'picture'") }),
    );
  });
});
