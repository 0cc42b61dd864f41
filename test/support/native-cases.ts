import { parseModel } from '../../lib/network/model/load.js';
import type {
  Binding,
  ExpectedPose,
  NativePipeline,
  NativeSolver,
  NativeTicket,
  SampleWindow,
  SolverShape,
} from '../../lib/runtime/native/binding.js';
import { randomModel } from './models.js';
import { ticketOf } from './tickets.js';

/** A call on inputs of its own. */
export interface NativeCall {
  /** With what the call resolves. Arrays that it writes into are to be read with `read`. */
  call(ticket: NativeTicket): Promise<unknown>;
  /** What is known after the call: its result, or what it has written. */
  read(result: unknown): unknown;
  /** Whether it is a method of an object that stays. */
  readonly hasHandle: boolean;
  dispose?(): void;
}

/** One asynchronous function of the addon on a small input, cut for some threads. */
export interface NativeCase {
  readonly name: string;
  prepare(binding: Binding, threads: 1 | 2 | 3): Promise<NativeCall>;
}

const WIDTH = 112;
const HEIGHT = 104;

/** Values from 0 to 1 without any pattern, the same every time. */
function noise(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  });
}

const bytes = (count: number, seed?: number): Uint8Array => Uint8Array.from(noise(count, seed), (value) => value * 256);

const isaOf = (binding: Binding): string => binding.isas().find(({ supported }) => supported)!.name;

const pure = (call: NativeCall['call']): NativeCall => ({ call, read: (result) => result, hasHandle: false });

const windowOf = (samples: SampleWindow['samples'], frameWidth: number): SampleWindow => ({
  samples,
  frameWidth,
  channels: 1,
  channel: 0,
  left: 0,
  top: 0,
});

const NETWORK = parseModel(randomModel(1, 4));

async function loadNetwork(binding: Binding): Promise<(ticket: NativeTicket) => ReturnType<Binding['loadModel']>> {
  const { tensors, shape } = await NETWORK;
  return (ticket) => binding.loadModel(tensors, shape, isaOf(binding), [{ inputs: 4, outputs: 4 }], ticket);
}

/** Rows of a pass: more than threads may leave for the next call. */
const PASS_ROWS = 96;

/** A pipeline that has taken `rows` of its {@link PASS_ROWS}, and what came out meanwhile. */
async function pipelineAfter(
  binding: Binding,
  threads: 1 | 2 | 3,
  rows: number,
): Promise<{ pipeline: NativePipeline; image: Uint8Array; emitted: Int16Array }> {
  const model = await (await loadNetwork(binding))(ticketOf(binding));
  const sides = { width: 48, height: PASS_ROWS, stripRows: PASS_ROWS };
  const pass = { ...sides, transposed: false, threads, keepWeights: false };
  const pipeline = binding.createPipeline(model, pass);
  const image = bytes(48 * PASS_ROWS * 3, 3);
  const emitted = rows > 0 ? (await pipeline.push(image, rows, ticketOf(binding))).slice() : new Int16Array();
  return { pipeline, image, emitted };
}

/** All that has come out: with more threads than one, more of it comes later. */
const together = (first: Int16Array, next: Int16Array): Int16Array => Int16Array.of(...first, ...next);

export const SOLVER_SHAPE: Omit<SolverShape, 'threads'> = {
  method: 'richardson-lucy',
  width: 40,
  height: 36,
  radiusX: 2,
  radiusY: 2,
  symmetric: false,
  modes: 1,
  boundary: 'bertero',
  sampleBits: 32,
  acceleration: 'biggs-andrews',
  totalVariation: true,
  masked: true,
};

export const SOLVER_SETTINGS = {
  offset: 0,
  saturation: 0.99,
  totalVariation: 0.002,
  damping: 0,
  start: 'flat',
  lambda: 300,
  alpha: 2 / 3,
  prior: 'power-law',
  nsr: 0.01,
  exponent: 2,
} as const;

const kernelShape = noise(25, 9);
const kernelSum = kernelShape.reduce((sum, value) => sum + value, 0);
const KERNEL = Float64Array.from(kernelShape, (value) => value / kernelSum);
export const SOLVER_PSF = { kernels: KERNEL, coefficients: null, gridRows: 1, gridColumns: 1 };

type SolverCall = (solver: NativeSolver, ticket: NativeTicket) => Promise<unknown>;

interface SolverCaseOptions {
  readonly shape?: Partial<SolverShape>;
  /** Calls before the one in question. */
  readonly before: readonly SolverCall[];
  readonly call: SolverCall;
  /** Calls after it, for the tile that comes of it. */
  readonly after: readonly SolverCall[];
}

const tile = windowOf(noise(40 * 36, 5), 40);
const setPsf: SolverCall = (solver, ticket) => solver.setPsf(SOLVER_PSF, ticket);
const load: SolverCall = (solver, ticket) => solver.load(tile, null, ticket);
const step: SolverCall = (solver, ticket) => solver.step(ticket);

function solverCase(name: string, { shape, before, call, after }: SolverCaseOptions): NativeCase {
  return {
    name: `solver.${name}`,
    prepare: async (binding, threads) => {
      const solver = binding.createSolver({ ...SOLVER_SHAPE, ...shape, threads }, isaOf(binding));
      solver.configure(SOLVER_SETTINGS);
      for (const earlier of before) await earlier(solver, ticketOf(binding));
      return {
        call: (ticket) => call(solver, ticket),
        read: async (result) => {
          for (const later of after) await later(solver, ticketOf(binding));
          const out = windowOf(new Float32Array(40 * 36), 40);
          if (after.length > 0) await solver.store(out, ticketOf(binding));
          return [result, out.samples];
        },
        hasHandle: true,
        dispose: () => solver.dispose(),
      };
    },
  };
}

const stored = windowOf(new Float32Array(40 * 36), 40);
const blended = {
  plane: new Float32Array(40 * 36),
  planeWidth: 40,
  left: 0,
  top: 0,
  rowWeights: new Float32Array(36).fill(0.5),
  columnWeights: new Float32Array(40).fill(0.5),
};

const solverCases: readonly NativeCase[] = [
  solverCase('setPsf', { before: [], call: setPsf, after: [load, step] }),
  solverCase('load', { before: [setPsf], call: load, after: [step] }),
  solverCase('fitSignal', {
    shape: { method: 'wiener', acceleration: 'none', totalVariation: false, masked: false },
    before: [setPsf, load],
    call: (solver, t) => solver.fitSignal(0.01, 'power-law', t),
    after: [step],
  }),
  solverCase('step', { before: [setPsf, load], call: step, after: [step] }),
  solverCase('store', {
    before: [setPsf, load, step],
    call: async (solver, t) => {
      await solver.store(stored, t);
      return stored.samples.slice();
    },
    after: [],
  }),
  solverCase('blend', {
    before: [setPsf, load, step],
    call: async (solver, t) => {
      blended.plane.fill(0);
      await solver.blend(blended, t);
      return blended.plane.slice();
    },
    after: [],
  }),
];

/** Forward or back, of an image or of lines. */
function fftCase(kind: 'image' | 'lines', rows: number, columns: number): NativeCase {
  return {
    name: `fft of ${kind}`,
    prepare: async (binding, threads) => {
      const plan = await binding.createFft({ kind, rows, columns, threads }, isaOf(binding), ticketOf(binding));
      const bins = rows * (Math.floor(columns / 2) + 1);
      const [re, im] = [new Float32Array(bins), new Float32Array(bins)];
      const [values, back] = [noise(rows * columns, 7), new Float32Array(rows * columns)];
      return {
        call: async (ticket) => {
          await plan.forward(values, re, im, ticket);
          await plan.inverse(re.slice(), im.slice(), back, ticket);
        },
        read: () => [re, im, back],
        hasHandle: true,
        dispose: () => plan.dispose(),
      };
    },
  };
}

const frame = { data: bytes(WIDTH * HEIGHT * 3, 11), width: WIDTH, height: HEIGHT, channels: 3 };
const other = { ...frame, data: bytes(WIDTH * HEIGHT * 3, 12) };
const grey = windowOf(noise(WIDTH * HEIGHT, 13), WIDTH);

const networkCases: readonly NativeCase[] = [
  {
    name: 'loadModel',
    prepare: async (binding) => {
      const loadOne = await loadNetwork(binding);
      return {
        call: (ticket) => loadOne(ticket),
        hasHandle: false,
        read: (result) => {
          const { weightBytes, isa, winogradLayers } = result as Awaited<ReturnType<Binding['loadModel']>>;
          return [weightBytes, isa, winogradLayers];
        },
      };
    },
  },
  {
    name: 'pipeline.push',
    prepare: async (binding, threads) => {
      const { pipeline, image } = await pipelineAfter(binding, threads, 0);
      return {
        call: async (ticket) => (await pipeline.push(image, PASS_ROWS, ticket)).slice(),
        read: async (pushed) => together(pushed as Int16Array, await pipeline.drain(PASS_ROWS, ticketOf(binding))),
        hasHandle: true,
        dispose: () => pipeline.dispose(),
      };
    },
  },
  {
    name: 'pipeline.drain',
    prepare: async (binding, threads) => {
      const { pipeline, emitted } = await pipelineAfter(binding, threads, PASS_ROWS);
      return {
        call: async (ticket) => (await pipeline.drain(PASS_ROWS, ticket)).slice(),
        read: (drained) => together(emitted, drained as Int16Array),
        hasHandle: true,
        dispose: () => pipeline.dispose(),
      };
    },
  },
];

const estimationCases: readonly NativeCase[] = [
  {
    name: 'createFft',
    prepare: async (binding, threads) =>
      pure(async (ticket) => {
        const plan = await binding.createFft({ kind: 'image', rows: 30, columns: 34, threads }, isaOf(binding), ticket);
        plan.dispose();
      }),
  },
  {
    name: 'estimateNoise',
    prepare: async (binding) => {
      const size = { width: WIDTH, height: HEIGHT };
      const request = { window: grey, ...size, saturation: 2, jpeg: false, form: 'median' } as const;
      return pure((ticket) => binding.estimateNoise(request, ticket));
    },
  },
  {
    name: 'findDefects',
    prepare: async (binding) => {
      const weights = new Float32Array(25).fill(1 / 24);
      weights[12] = 0;
      const valid = new Uint8Array(WIDTH * HEIGHT).fill(1);
      // Each of one pixel: how many it has, the first element of the inverse, the shares.
      const [count, inverse, share] = [0, 19, 100];
      const one = Float32Array.of(...new Float32Array(share), 0.3, 0.3)
        .with(count, 1)
        .with(inverse, 1);
      const clusters = Float32Array.from({ length: 42 * one.length }, (_, i) => one[i % one.length]!);
      const bounds = {
        clusters,
        pointWidth: 5,
        pointHeight: 5,
        stepRatio: 0.3,
        columnStepRatio: 0.3,
        step: 1 / 255,
        low: 0,
        high: 1,
        countFrom: 0,
        countTo: HEIGHT,
        threads: 2 as const,
      };
      const request = { window: grey, width: WIDTH, height: HEIGHT, weights, valid, ...bounds };
      return pure((ticket) => binding.findDefects(request, isaOf(binding), ticket));
    },
  },
  {
    name: 'measurePeriodogram',
    prepare: async (binding) => {
      const request = { window: grey, side: 32, corners: Uint32Array.of(0, 0, 40, 40, 80, 72), mostClipped: 0.1 };
      return pure((ticket) => binding.measurePeriodogram(request, isaOf(binding), ticket));
    },
  },
  {
    name: 'fitScene',
    prepare: async (binding) => {
      const rho = Float64Array.from({ length: 40 }, (_, i) => 0.01 + i * 0.012);
      const at = { rho, x: new Float64Array(0), y: new Float64Array(0), reach: 0.01 };
      const model = {
        at,
        logPower: rho.map((r) => -2 * Math.log(r / 0.1) - 30 * r),
        coefficients: [
          { expected: 0, weight: 0 },
          { expected: -2, weight: 1 },
          { expected: -9, weight: 0 },
        ],
        sceneCount: 2,
        terms: Float64Array.from([...rho].flatMap((r) => [1, Math.log(r / 0.1), 1])),
        low: Uint32Array.of(0, 1, 2, 3),
        huber: 1,
      };
      const request = { model, kind: 'disk', optics: Float64Array.of(1.5, 2.5), near: new Float64Array(0) } as const;
      return pure((ticket) => binding.fitScene({ ...request, isChain: true, isFree: true, iterations: 8 }, ticket));
    },
  },
];

function metricCase(
  name: string,
  call: (binding: Binding, machine: { isa: string; threads: 1 | 2 | 3 }, ticket: NativeTicket) => Promise<unknown>,
): NativeCase {
  return {
    name,
    prepare: async (binding, threads) => pure((ticket) => call(binding, { isa: isaOf(binding), threads }, ticket)),
  };
}

const metricCases: readonly NativeCase[] = [
  metricCase('squaredError', (binding, machine, t) => binding.squaredError(frame, other, machine, t)),
  metricCase('measureSimilarity', (binding, machine, t) =>
    binding.measureSimilarity(frame, other, { ...machine, component: -1, pool: 2, halvings: 1, range: 255 }, t),
  ),
  metricCase('measureBlocks', (binding, machine, t) => binding.measureBlocks(frame, machine, t)),
  metricCase('measureScene', (binding, machine, t) => binding.measureScene(frame, machine, t)),
  metricCase('measureEdges', (binding, machine, t) => binding.measureEdges(frame, machine, t)),
  metricCase('compareWater', (binding, machine, t) =>
    binding.compareWater(frame, other, { ...machine, high: 2, low: 0 }, t),
  ),
];

const STARS = [
  [24, 30, 40],
  [80, 60, 90],
  [50, 84, 60],
] as const;

/** Round stars on a dark sky. */
const sky = Float32Array.from(noise(WIDTH * HEIGHT, 15), (value, i) => {
  const [x, y] = [i % WIDTH, Math.floor(i / WIDTH)];
  const light = STARS.map(([sx, sy, flux]) => flux * Math.exp(-((x - sx) ** 2 + (y - sy) ** 2) / 4));
  return 0.01 * value + 0.01 * light.reduce((sum, one) => sum + one, 0);
});
const plane = { data: sky, invalid: new Uint8Array(WIDTH * HEIGHT), width: WIDTH, height: HEIGHT };
const profile = { kind: 'streak', shape: [2, 0.3, 1.2] } as const;

function starCase(
  name: string,
  call: (binding: Binding, threads: 1 | 2 | 3, isa: string, ticket: NativeTicket) => Promise<unknown>,
): NativeCase {
  return {
    name,
    prepare: async (binding, threads) => pure((ticket) => call(binding, threads, isaOf(binding), ticket)),
  };
}

const starCases: readonly NativeCase[] = [
  starCase('measureSky', async (binding, threads, _, t) => {
    const [data, invalid] = [new Float32Array(WIDTH * HEIGHT), new Uint8Array(WIDTH * HEIGHT)];
    const window = windowOf(sky, WIDTH);
    const size = { width: WIDTH, height: HEIGHT };
    const request = {
      brightness: window,
      colours: window,
      colourCount: 1,
      ...size,
      saturation: 0.9,
      count: 0,
      widestStar: 36,
      threads,
    };
    return [await binding.measureSky(request, data, invalid, t), data, invalid];
  }),
  starCase('findPeaks', (binding, threads, isa, t) =>
    binding.findPeaks({ ...plane, profile, limit: 0.05, sigma: 0.01, threads }, isa, t),
  ),
  starCase('fitStars', (binding, threads, isa, t) =>
    binding.fitStars(
      {
        ...plane,
        profile,
        starts: Float64Array.from(STARS.flatMap(([x, y]) => [x + 0.3, y - 0.2, 5])),
        first: 0,
        count: STARS.length,
        sky: 0.003,
        perFlux: 0,
        misfit: 0.01,
        isFree: true,
        threads,
      },
      isa,
      t,
    ),
  ),
  starCase('fitTrail', (binding, threads, isa, t) =>
    binding.fitTrail(
      {
        ...plane,
        centres: Float64Array.from(STARS.flatMap((star) => star.slice(0, 2))),
        side: 32,
        mask: { length: 4, angle: 0.3, margin: 8 },
        longest: 16,
        threads,
      },
      isa,
      t,
    ),
  ),
  starCase('solveWindows', async (binding, threads, isa, t) => {
    const values = noise(2 * 24 * 24 + 30 * 20, 17);
    const request = {
      shape: {
        ...SOLVER_SHAPE,
        acceleration: 'none',
        totalVariation: false,
        masked: false,
        boundary: 'replicate',
        threads,
      },
      settings: { ...SOLVER_SETTINGS, saturation: Infinity, totalVariation: 0 },
      psfs: [{ data: KERNEL, width: 5, height: 5, symmetric: false }],
      windows: Int32Array.of(24, 24, 0, 3, 0, 24, 24, 0, 2, 1, 30, 20, 0, 2, 0),
      values,
      scale: 0.7,
      pedestal: 0.1,
      threads,
    } as const;
    return [await binding.solveWindows(request, isa, t), values];
  }),
];

/** A ring of stars around an axis, of which a camera sees some, and the same as a camera sees them. */
const RING = Array.from({ length: 40 }, (_, i) => [0.1 * Math.cos(i * i), 0.1 * Math.sin(1.7 * i)] as const);
const ringDirections = Float64Array.from(RING.flatMap(([u, v]) => [u, v, 1].map((part) => part / Math.hypot(u, v, 1))));
const ringMagnitudes = Float32Array.from(RING, (_, i) => i / 10);
const ringShape = { stars: RING.length, tiers: [{ narrowest: 0.01, widest: 0.3, capacity: 780 }] };
export const RING_REQUEST = {
  stars: Float64Array.from(RING.slice(0, 8).flatMap(([u, v], i) => [u, v, 1e-9, 1e-9, 0, i / 10])),
  count: 8,
  left: -0.1,
  right: 0.1,
  top: -0.1,
  bottom: 0.1,
  magnitudeSigma: 0.3,
  velocity: new Float64Array(3),
  lens: 0,
  scaleSigma: 0,
  centreSigma: 0,
  bendSigma: 0,
  lowScale: 1,
  highScale: 1,
  tryUpright: true,
  tryMirrored: false,
  falsePositive: 1e-6,
  mostHypotheses: 1e6,
  seconds: 1e6,
};

/** Where that ring is. */
export const RING_EXPECTED: ExpectedPose = {
  rotation: Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1),
  covariance: Float64Array.of(1e-6, 0, 0, 0, 1e-6, 0, 0, 0, 1e-6),
  zero: 0,
};

/** An index of that ring. */
export const openRing = (binding: Binding, ticket: NativeTicket): ReturnType<Binding['createStarIndex']> =>
  binding.createStarIndex(ringShape, ringDirections, ringMagnitudes, ticket);

const indexCases: readonly NativeCase[] = [
  {
    name: 'createStarIndex',
    prepare: async (binding) =>
      pure(async (ticket) => {
        (await openRing(binding, ticket)).dispose();
      }),
  },
  {
    name: 'starIndex.identify',
    prepare: async (binding) => {
      const index = await openRing(binding, ticketOf(binding));
      return {
        call: (ticket) => index.identify(RING_REQUEST, ticket),
        read: (result) => result,
        hasHandle: true,
        dispose: () => index.dispose(),
      };
    },
  },
  {
    name: 'starIndex.follow',
    prepare: async (binding) => {
      const index = await openRing(binding, ticketOf(binding));
      return {
        call: (ticket) => index.follow(RING_REQUEST, RING_EXPECTED, ticket),
        read: (result) => result,
        hasHandle: true,
        dispose: () => index.dispose(),
      };
    },
  },
];

const diagnosticCases: readonly NativeCase[] = [
  starCase('measurePeak', async (binding, threads, isa, t) => (await binding.measurePeak(isa, threads, t)) > 0),
  starCase('benchmarkConvolution', async (binding, _, isa, t) => {
    const size = { inputs: 8, outputs: 8, width: 32, rows: 8, repeats: 1 };
    return (await binding.benchmarkConvolution({ isa, algorithm: 'direct', ...size }, t)).macs;
  }),
  starCase('benchmarkShrinkage', async (binding, _, isa, t) => {
    const { seconds } = await binding.benchmarkShrinkage({ isa, alpha: 0.5, beta: 1, pixels: 4096, repeats: 3 }, t);
    return seconds > 0;
  }),
];

/** Every asynchronous function and method of the addon. */
export const NATIVE_CASES: readonly NativeCase[] = [
  ...networkCases,
  ...solverCases,
  fftCase('image', 30, 34),
  fftCase('lines', 2, 512),
  ...estimationCases,
  ...metricCases,
  ...starCases,
  ...indexCases,
  ...diagnosticCases,
];
