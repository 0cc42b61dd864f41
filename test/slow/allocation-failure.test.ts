import { describe, expect, it } from 'vitest';
import { parseModel } from '../../lib/network/model/load.js';
import type { Binding } from '../../lib/runtime/native/binding.js';
import { loadBinding } from '../../lib/runtime/native/loader.js';
import { randomModel } from '../support/models.js';
import { NATIVE_CASES, SOLVER_SETTINGS, SOLVER_SHAPE } from '../support/native-cases.js';
import { ticketOf } from '../support/tickets.js';

/** The addon, built so that one of its allocations can be made to fail. */
interface FailingBinding extends Binding {
  /** The n-th allocation from now on fails, once; 0: none does. */
  failAllocation(n: number): void;
  /** Allocations since then. */
  allocations(): number;
}

const binding = loadBinding('build/Release/perifocal_test.node') as FailingBinding;
const isa = binding.isas().find(({ supported }) => supported)!.name;

/** With what a call ends while the n-th allocation fails; null where it makes fewer. */
async function failureOf(n: number, call: () => unknown): Promise<unknown> {
  binding.failAllocation(n);
  const error = await Promise.resolve()
    .then(call)
    .then(
      () => null,
      (reason: unknown) => reason,
    );
  const isReached = binding.allocations() >= n;
  binding.failAllocation(0);
  if (isReached) return error;
  expect(error).toBe(null);
  return null;
}

/** Without a handle that could stay busy, calls are made again after every so many failures. */
const SAMPLED = 16;

describe.each(NATIVE_CASES)('$name', (native) => {
  it('rejects whichever allocation fails, and works afterwards', async () => {
    const fresh = await native.prepare(binding, 2);
    const expected = await fresh.read(await fresh.call(ticketOf(binding)));
    fresh.dispose?.();
    for (let n = 1; ; n += 1) {
      const { call, read, dispose, hasHandle } = await native.prepare(binding, 2);
      // Of a pool whose threads have yet to be started.
      const pool = binding.createPool(2);
      const ticket = pool.ticket(2);
      const error = await failureOf(n, () => call(ticket));
      if (error === null) break;
      expect(error, `allocation ${n}`).toMatchObject({ code: 'OUT_OF_MEMORY' });
      if (hasHandle || n % SAMPLED === 0)
        expect(await read(await call(ticket)), `after allocation ${n}`).toEqual(expected);
      dispose?.();
      pool.dispose();
    }
  });
});

const { tensors, shape } = await parseModel(randomModel(1, 4));
const model = await binding.loadModel(tensors, shape, isa, [], ticketOf(binding));
const network = { residualBlocks: 1, baseWidth: 4 };
const pass = { width: 16, height: 16, transposed: false, threads: 2, stripRows: 16, keepWeights: true } as const;
const fftShape = { kind: 'image', rows: 12, columns: 10, threads: 2 } as const;
const solverShape = { ...SOLVER_SHAPE, threads: 2 } as const;
const map = { rowPixels: Uint32Array.of(0), colPixels: Uint32Array.of(0) };
const residual = new Int16Array(3);
const strip = { residual, residualWidth: 1, firstColumn: 0, map };
const grey = { channels: 1, group: [0], white: 255 };
const window = { samples: new Uint8Array(1), frameWidth: 1, channels: 1, channel: 0, left: 0, top: 0 };

/** What is done at once, on the calling thread. */
const SYNCHRONOUS: Record<string, () => unknown> = {
  cpu: () => binding.cpu(),
  isas: () => binding.isas(),
  createPool: () => binding.createPool(2).dispose(),
  ticket: () => binding.createPool(2).ticket(2),
  trimHeap: () => binding.trimHeap(),
  convolutionsOf: () => binding.convolutionsOf(network, new Uint8Array(0)),
  planPass: () => binding.planPass(network, pass, isa, new Uint8Array(0)),
  planSolver: () => binding.planSolver(solverShape, isa),
  createSolver: () => binding.createSolver(solverShape, isa).dispose(),
  planFft: () => binding.planFft(fftShape),
  goodFftSize: () => binding.goodFftSize(1000),
  gatherRows: () => binding.gatherRows(new Uint8Array(1), grey, map, new Uint8Array(3)),
  accumulateRows: () => binding.accumulateRows(strip, new Int16Array(3)),
  composeRows: () =>
    binding.composeRows({
      ...strip,
      sums: null,
      passes: 1,
      source: new Uint8Array(1),
      output: new Uint8Array(1),
      shared: null,
      bands: grey,
    }),
  storePlane: () => binding.storePlane(new Float32Array(1), 1, 1, window),
  logPower: () => {
    const at = { rho: Float64Array.of(0.1), x: new Float64Array(0), y: new Float64Array(0), reach: 0.01 };
    return binding.logPower('disk', Float64Array.of(2), at);
  },
  cutWindow: () => binding.cutWindow(window, { width: 1, height: 1 }, new Float32Array(1)),
  pasteWindow: () => {
    const one = new Float32Array(1);
    return binding.pasteWindow(window, { light: one, columns: one, rows: one, level: 0, scale: 1 });
  },
  configure: () => {
    const solver = binding.createSolver(solverShape, isa);
    solver.configure(SOLVER_SETTINGS);
    solver.dispose();
  },
  createPipeline: () => binding.createPipeline(model, pass).dispose(),
};

describe.each(Object.keys(SYNCHRONOUS))('%s', (name) => {
  it('throws whichever allocation fails, and works afterwards', async () => {
    const call = SYNCHRONOUS[name]!;
    const expected = call();
    for (let n = 1; ; n += 1) {
      const error = await failureOf(n, call);
      if (error === null) break;
      expect(error, `allocation ${n}`).toMatchObject({ code: 'OUT_OF_MEMORY' });
      expect(JSON.stringify(call()), `after allocation ${n}`).toEqual(JSON.stringify(expected));
    }
  });
});
