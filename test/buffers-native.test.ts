import { describe, expect, it } from 'vitest';
import { parseModel } from '../lib/network/model/load.js';
import type { Binding } from '../lib/runtime/native/binding.js';
import { loadBinding, translateNativeError } from '../lib/runtime/native/loader.js';
import {
  RING_EXPECTED,
  RING_REQUEST,
  SOLVER_PSF,
  SOLVER_SETTINGS,
  SOLVER_SHAPE,
  openRing,
} from './support/native-cases.js';
import { randomModel } from './support/models.js';
import { ticketOf } from './support/tickets.js';

const binding = loadBinding();
const isa = binding.isas().find(({ supported }) => supported)!.name;
const ticket = ticketOf(binding);

type Values = Uint8Array | Uint16Array | Int16Array | Int32Array | Uint32Array | Float32Array | Float64Array;
type Arrays = Record<string, Values>;

/** An entry of the addon and the arrays that it takes, every one of which it needs to its last value. */
interface Entry {
  readonly name: string;
  readonly arrays: () => Arrays;
  // biome-ignore lint/suspicious/noExplicitAny: every entry has arrays of its own
  readonly call: (arrays: any) => unknown;
}

const WIDTH = 24;
const HEIGHT = 20;
const PIXELS = WIDTH * HEIGHT;
const size = { width: WIDTH, height: HEIGHT };

const windowOf = (samples: Values, channels = 1) =>
  ({ samples, frameWidth: WIDTH, channels, channel: channels - 1, left: 0, top: 0 }) as never;

const fixtures = await (async () => {
  const { tensors, shape } = await parseModel(randomModel(1, 4));
  const model = await binding.loadModel(tensors, shape, isa, [], ticket);
  const pass = { width: 16, height: 16, transposed: false, threads: 1, stripRows: 16, keepWeights: false } as const;
  const solver = binding.createSolver({ ...SOLVER_SHAPE, ...size, threads: 1 }, isa);
  await solver.setPsf(SOLVER_PSF, ticket);
  const modes = binding.createSolver({ ...SOLVER_SHAPE, ...size, modes: 2, threads: 1 }, isa);
  const fft = await binding.createFft({ kind: 'image', rows: 6, columns: 10, threads: 1 }, isa, ticket);
  const ring = await openRing(binding, ticket);
  return { ring, pipeline: binding.createPipeline(model, pass), solver, modes, fft };
})();
const { ring, pipeline, solver, modes, fft } = fixtures;

/** The last pixel of the tables is the frame's last one. */
const mapOf = ({ rowPixels, colPixels }: Arrays) => ({ rowPixels, colPixels }) as never;
const tables = (): Arrays => ({
  rowPixels: Uint32Array.of(0, PIXELS - WIDTH),
  colPixels: Uint32Array.from({ length: WIDTH }, (_, i) => i),
});

const networkEntries: readonly Entry[] = [
  {
    name: 'gatherRows',
    arrays: () => ({ source: new Uint16Array(PIXELS * 3), ...tables(), out: new Uint8Array(2 * WIDTH * 3) }),
    call: (a) => binding.gatherRows(a.source, { channels: 3, group: [0, 1, 2], white: 65_535 }, mapOf(a), a.out),
  },
  {
    name: 'accumulateRows',
    arrays: () => ({ residual: new Int16Array(2 * 30 * 3), ...tables(), sums: new Int16Array(PIXELS * 3) }),
    call: (a) =>
      binding.accumulateRows({ residual: a.residual, residualWidth: 30, firstColumn: 6, map: mapOf(a) }, a.sums),
  },
  {
    name: 'composeRows',
    arrays: () => ({
      residual: new Int16Array(2 * 30 * 3),
      ...tables(),
      sums: new Int16Array(PIXELS * 3),
      source: new Uint8Array(PIXELS * 4),
      output: new Uint8Array(PIXELS * 4),
      shared: new Uint8Array(2 * 30),
    }),
    call: (a) =>
      binding.composeRows({
        ...a,
        residualWidth: 30,
        firstColumn: 6,
        map: mapOf(a),
        passes: 2,
        bands: { channels: 4, group: [0, 1, 2], white: 255 },
      }),
  },
  {
    name: 'pipeline.setValid',
    arrays: () => ({
      valid: new Uint8Array(PIXELS),
      ...tables(),
      colPixels: Uint32Array.from({ length: 16 }, () => WIDTH - 1),
    }),
    call: (a) => {
      pipeline.reset();
      pipeline.setValid(a.valid, mapOf(a));
    },
  },
  {
    name: 'pipeline.push',
    arrays: () => ({ rows: new Uint8Array(16 * 4 * 3) }),
    call: (a) => pipeline.push(a.rows, 4, ticket),
  },
];

const solverEntries: readonly Entry[] = [
  {
    name: 'solver.setPsf',
    arrays: () => ({ kernels: SOLVER_PSF.kernels.slice() }),
    call: (a) => solver.setPsf({ ...SOLVER_PSF, ...a }, ticket),
  },
  {
    name: 'solver.setPsf with modes',
    arrays: () => ({ kernels: new Float64Array(2 * 25).fill(0.02), coefficients: new Float32Array(2 * 6).fill(1) }),
    call: (a) => modes.setPsf({ ...a, gridRows: 2, gridColumns: 3 }, ticket),
  },
  {
    name: 'solver.load',
    arrays: () => ({ samples: new Float32Array(PIXELS * 2), valid: new Uint8Array(PIXELS) }),
    call: (a) => solver.load(windowOf(a.samples, 2), a.valid, ticket),
  },
  {
    name: 'solver.store',
    arrays: () => ({ samples: new Float32Array(PIXELS * 2) }),
    call: async (a) => {
      await loadAndStep();
      return solver.store(windowOf(a.samples, 2), ticket);
    },
  },
  {
    name: 'solver.blend',
    arrays: () => ({
      plane: new Float32Array(PIXELS),
      rowWeights: new Float32Array(HEIGHT),
      columnWeights: new Float32Array(WIDTH),
    }),
    call: async (a) => {
      await loadAndStep();
      return solver.blend({ ...a, planeWidth: WIDTH, left: 0, top: 0 }, ticket);
    },
  },
  {
    name: 'storePlane',
    arrays: () => ({ plane: new Float32Array(PIXELS), samples: new Uint16Array(PIXELS * 3) }),
    call: (a) => binding.storePlane(a.plane, WIDTH, HEIGHT, windowOf(a.samples, 3)),
  },
];

async function loadAndStep(): Promise<void> {
  await solver.setPsf(SOLVER_PSF, ticket);
  solver.configure(SOLVER_SETTINGS);
  await solver.load(windowOf(new Float32Array(PIXELS).fill(0.5)), null, ticket);
  await solver.step(ticket);
}

const spectrum = (): Arrays => ({ re: new Float32Array(36), im: new Float32Array(36), values: new Float32Array(60) });

const fftEntries: readonly Entry[] = [
  { name: 'fft.forward', arrays: spectrum, call: (a) => fft.forward(a.values, a.re, a.im, ticket) },
  { name: 'fft.inverse', arrays: spectrum, call: (a) => fft.inverse(a.re, a.im, a.values, ticket) },
  { name: 'fft.forwardSync', arrays: spectrum, call: (a) => fft.forwardSync(a.values, a.re, a.im) },
  { name: 'fft.inverseSync', arrays: spectrum, call: (a) => fft.inverseSync(a.re, a.im, a.values) },
];

const places = (): Arrays => ({ rho: new Float64Array(9).fill(0.1), x: new Float64Array(9), y: new Float64Array(9) });

const estimationEntries: readonly Entry[] = [
  {
    name: 'estimateNoise',
    arrays: () => ({ samples: new Uint8Array(PIXELS * 3) }),
    call: (a) =>
      binding.estimateNoise(
        { window: windowOf(a.samples, 3), ...size, saturation: 1, jpeg: true, form: 'mean' },
        ticket,
      ),
  },
  {
    name: 'findDefects',
    arrays: () => ({
      samples: new Uint8Array(PIXELS * 3),
      weights: new Float32Array(25),
      clusters: new Float32Array(42 * 102),
      valid: new Uint8Array(PIXELS).fill(1),
    }),
    call: ({ samples, ...arrays }) => {
      const bounds = {
        pointWidth: 5,
        pointHeight: 5,
        stepRatio: 0.3,
        columnStepRatio: 0.3,
        step: 1 / 255,
        low: 0,
        high: 1,
        countFrom: 0,
        countTo: 8,
        threads: 2 as const,
      };
      return binding.findDefects({ window: windowOf(samples, 3), ...size, ...arrays, ...bounds }, isa, ticket);
    },
  },
  {
    name: 'measurePeriodogram',
    arrays: () => ({ samples: new Float32Array(PIXELS) }),
    call: (a) => {
      const corners = Uint32Array.of(0, 0, WIDTH - 8, HEIGHT - 8);
      return binding.measurePeriodogram({ window: windowOf(a.samples), side: 8, corners, mostClipped: 1 }, isa, ticket);
    },
  },
  {
    name: 'logPower',
    arrays: () => ({ ...places(), values: Float64Array.of(2, 1) }),
    call: (a) => binding.logPower('motion', a.values, { rho: a.rho, x: a.x, y: a.y, reach: 0.01 }),
  },
  {
    name: 'fitScene',
    arrays: () => ({ ...places(), logPower: new Float64Array(9), terms: new Float64Array(27).fill(1) }),
    call: ({ rho, x, y, ...model }) =>
      binding.fitScene(
        {
          model: {
            ...model,
            at: { rho, x, y, reach: 0.01 },
            coefficients: [0, 1, 2].map(() => ({ expected: 0, weight: 1 })),
            sceneCount: 2,
            low: Uint32Array.of(0, 99),
            huber: 1,
          },
          kind: 'motion',
          optics: Float64Array.of(2, 1),
          near: new Float64Array(0),
          isChain: false,
          isFree: false,
          iterations: 1,
        },
        ticket,
      ),
  },
];

const machine = { isa, threads: 1 } as const;
const frameOf = (data: Values) => ({ data, width: 100, height: 98, channels: 3 }) as never;
const oneFrame = (): Arrays => ({ data: new Uint8Array(100 * 98 * 3) });
const twoFrames = (): Arrays => ({ a: new Uint16Array(100 * 98 * 3), b: new Uint16Array(100 * 98 * 3) });

const metricEntries: readonly Entry[] = [
  {
    name: 'squaredError',
    arrays: () => ({ ...twoFrames(), valid: new Uint8Array(100 * 98) }),
    call: ({ a, b, valid }) =>
      binding.squaredError(frameOf(a), frameOf(b), { ...machine, valid: valid as Uint8Array }, ticket),
  },
  {
    name: 'measureSimilarity',
    arrays: twoFrames,
    call: ({ a, b }) => {
      const options = { ...machine, component: -1, pool: 1, halvings: 1, range: 1 };
      return binding.measureSimilarity(frameOf(a), frameOf(b), options, ticket);
    },
  },
  {
    name: 'compareWater',
    arrays: twoFrames,
    call: ({ a, b }) => binding.compareWater(frameOf(a), frameOf(b), { ...machine, high: 2, low: 0 }, ticket),
  },
  { name: 'measureBlocks', arrays: oneFrame, call: (a) => binding.measureBlocks(frameOf(a.data), machine, ticket) },
  { name: 'measureScene', arrays: oneFrame, call: (a) => binding.measureScene(frameOf(a.data), machine, ticket) },
  { name: 'measureEdges', arrays: oneFrame, call: (a) => binding.measureEdges(frameOf(a.data), machine, ticket) },
];

const plane = (): Arrays => ({ data: new Float32Array(PIXELS), invalid: new Uint8Array(PIXELS) });
const profile = { kind: 'disk', shape: [2, 1] } as const;

const starEntries: readonly Entry[] = [
  {
    name: 'measureSky',
    arrays: () => ({ ...plane(), samples: new Uint8Array(PIXELS * 3), brightness: new Float32Array(PIXELS) }),
    call: (a) => {
      const colours = { ...(windowOf(a.samples, 3) as object), channel: 0 } as never;
      const request = {
        colours,
        colourCount: 3,
        ...size,
        saturation: 250,
        count: 0,
        widestStar: 36,
        threads: 1,
      } as const;
      return binding.measureSky({ ...request, brightness: windowOf(a.brightness) }, a.data, a.invalid, ticket);
    },
  },
  {
    name: 'findPeaks',
    arrays: plane,
    call: (a) => binding.findPeaks({ ...a, ...size, profile, limit: 1, sigma: 1, threads: 1 }, isa, ticket),
  },
  {
    name: 'fitStars',
    arrays: () => ({ ...plane(), starts: Float64Array.of(5, 5, 1, 15, 12, 1) }),
    call: (a) => {
      const noise = { sky: 0.01, perFlux: 0, misfit: 0 };
      return binding.fitStars(
        { ...a, ...size, profile, first: 1, count: 1, ...noise, isFree: false, threads: 1 },
        isa,
        ticket,
      );
    },
  },
  {
    name: 'fitTrail',
    arrays: plane,
    call: (a) => {
      const mask = { length: 0, angle: 0, margin: Infinity };
      const centres = Float64Array.of(WIDTH - 1, HEIGHT - 1);
      return binding.fitTrail({ ...a, ...size, centres, side: 16, mask, longest: 8, threads: 1 }, isa, ticket);
    },
  },
  {
    name: 'solveWindows',
    arrays: () => ({ values: new Float32Array(2 * 16 * 16).fill(1), kernel: SOLVER_PSF.kernels.slice() }),
    call: (a) =>
      binding.solveWindows(
        {
          shape: { ...SOLVER_SHAPE, threads: 1 },
          settings: SOLVER_SETTINGS,
          psfs: [{ data: a.kernel, width: 5, height: 5, symmetric: false }],
          windows: Int32Array.of(16, 16, 0, 1, 0, 16, 16, 0, 1, 0),
          values: a.values,
          scale: 1,
          pedestal: 0.1,
          threads: 1,
        },
        isa,
        ticket,
      ),
  },
  {
    name: 'createStarIndex',
    arrays: () => ({ directions: new Float64Array(6).fill(0.5), magnitudes: new Float32Array(2) }),
    call: (a) => binding.createStarIndex({ stars: 2, tiers: [] }, a.directions, a.magnitudes, ticket),
  },
  {
    name: 'starIndex.identify',
    arrays: () => ({ stars: RING_REQUEST.stars.slice(), velocity: new Float64Array(3) }),
    call: (a) => ring.identify({ ...RING_REQUEST, ...a }, ticket),
  },
  {
    name: 'starIndex.follow',
    arrays: () => ({ rotation: RING_EXPECTED.rotation.slice(), covariance: RING_EXPECTED.covariance.slice() }),
    call: (a) => ring.follow(RING_REQUEST, { ...RING_EXPECTED, ...a }, ticket),
  },
  {
    name: 'cutWindow',
    arrays: () => ({ samples: new Uint16Array(PIXELS * 3), out: new Float32Array(PIXELS) }),
    call: (a) => binding.cutWindow(windowOf(a.samples, 3), size, a.out),
  },
  {
    name: 'pasteWindow',
    arrays: () => ({ samples: new Uint8Array(PIXELS * 3), light: new Float32Array(PIXELS) }),
    call: (a) => {
      const weights = { columns: new Float32Array(WIDTH), rows: new Float32Array(HEIGHT) };
      return binding.pasteWindow(windowOf(a.samples, 3), { light: a.light, ...weights, level: 0, scale: 1 });
    },
  },
];

const ENTRIES = [
  ...networkEntries,
  ...solverEntries,
  ...fftEntries,
  ...estimationEntries,
  ...metricEntries,
  ...starEntries,
];
const CASES = ENTRIES.flatMap((entry) => Object.keys(entry.arrays()).map((array) => ({ ...entry, array })));

/** The error of a call with one array put in place of the right one. */
async function errorOf({ arrays, call }: Entry, array: string, change: (values: Values) => Values): Promise<Error> {
  const given = arrays();
  given[array] = change(given[array]!);
  const failed = await Promise.resolve()
    .then(() => call(given))
    .then(() => null, translateNativeError);
  return failed as Error;
}

/** As `postMessage` with a list of what is transferred leaves it. */
function detached(values: Values): Values {
  structuredClone(values.buffer, { transfer: [values.buffer as ArrayBuffer] });
  return values;
}

/** A view of a buffer that has become shorter by a value meanwhile. */
function shrunk(values: Values): Values {
  const { byteLength, BYTES_PER_ELEMENT } = values;
  // biome-ignore lint/suspicious/noExplicitAny: ArrayBuffer's maxByteLength is younger than the library's types
  const buffer = new (ArrayBuffer as any)(byteLength, { maxByteLength: byteLength });
  const view = new (values.constructor as Uint8ArrayConstructor)(buffer) as Values;
  view.set(values as never);
  buffer.resize(byteLength - BYTES_PER_ELEMENT);
  return view;
}

const truncated = (values: Values): Values => values.subarray(0, -1);

/** Tables and places may be of any length: others are then too long for them. */
const FREE = new Set(['rowPixels', 'colPixels', 'rho']);

describe('the addon', () => {
  it.each(ENTRIES)('takes the arrays of $name as they are', async ({ arrays, call }) => {
    await call(arrays());
  });

  it.each(CASES.filter(({ array }) => !FREE.has(array)))('refuses $array of $name once transferred', async (entry) => {
    const error = await errorOf(entry, entry.array, detached);
    expect(error).toMatchObject({ code: 'ARGUMENT_INVALID' });
    expect(error.message).toMatch(/holds 0 values but \d+ are needed; its buffer may have been transferred or shrunk/);
  });

  it.each(CASES.filter(({ array }) => FREE.has(array)))(
    'does nothing with $array of $name once transferred',
    async (entry) => {
      const error = await errorOf(entry, entry.array, detached);
      expect(error === null || (error as unknown as { code: string }).code === 'ARGUMENT_INVALID').toBe(true);
    },
  );

  it.each(CASES.filter(({ array }) => !FREE.has(array)))(
    'refuses $array of $name that is a value short, or has become so',
    async (entry) => {
      for (const change of [truncated, shrunk])
        expect(await errorOf(entry, entry.array, change)).toMatchObject({ code: 'ARGUMENT_INVALID' });
    },
  );

  it.each(CASES)('refuses $array of $name where it is no array of its type', async (entry) => {
    for (const wrong of [new BigInt64Array(100_000), {}, 'values', new DataView(new ArrayBuffer(8))])
      expect(await errorOf(entry, entry.array, () => wrong as never)).toMatchObject({ code: 'ARGUMENT_INVALID' });
  });

  it('keeps working after all of that', async () => {
    const grey = { data: Float32Array.of(1, 2), width: 2, height: 1, channels: 1 };
    expect(await (binding as Binding).squaredError(grey, grey, machine, ticket)).toBe(0);
    pipeline.dispose();
    solver.dispose();
    modes.dispose();
    fft.dispose();
  });
});
