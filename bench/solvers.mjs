import { fileURLToPath } from 'node:url';
import { createScene } from '../scripts/scene.mjs';
import { startPeers } from './python.mjs';
import { ticketOf } from './tickets.mjs';

/** @import { Binding } from '../dist/runtime/native/binding.js' */

const SCRIPT = fileURLToPath(new URL('solver-peers.py', import.meta.url));
/** 33x33 pixels, as in the peers' script. */
const RADIUS = 16;
/** Differences of one sample of the w-step: a millisecond or less. */
const SHRINKAGE_PIXELS = 2 ** 18;

const SHAPE = {
  radiusX: RADIUS,
  radiusY: RADIUS,
  symmetric: true,
  modes: 1,
  boundary: 'bertero',
  sampleBits: 8,
  acceleration: 'none',
  totalVariation: false,
  masked: false,
};
const SETTINGS = {
  offset: 0,
  saturation: Infinity,
  totalVariation: 0,
  damping: 0,
  start: 'flat',
  lambda: 3000,
  alpha: 2 / 3,
  prior: 'gradient',
  nsr: 0.01,
  exponent: 2,
};
const CASES = [
  { name: 'Richardson-Lucy', shape: { method: 'richardson-lucy' } },
  { name: 'Richardson-Lucy, asymmetric PSF', shape: { method: 'richardson-lucy', symmetric: false } },
  { name: 'heavy ball', shape: { method: 'richardson-lucy', acceleration: 'heavy-ball' } },
  { name: 'Biggs-Andrews', shape: { method: 'richardson-lucy', acceleration: 'biggs-andrews' } },
  {
    name: 'total variation',
    shape: { method: 'richardson-lucy', totalVariation: true },
    settings: { totalVariation: 0.005 },
  },
  { name: 'hyper-Laplacian, 1/2', shape: { method: 'hyper-laplacian' }, settings: { alpha: 1 / 2 }, steps: 6 },
  { name: 'hyper-Laplacian, 2/3', shape: { method: 'hyper-laplacian' }, steps: 6 },
  { name: 'Wiener', shape: { method: 'wiener' }, steps: 1 },
];

const secondsOf = async (work) => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};

const SIDE = 2 * RADIUS + 1;
const boxKernel = () => new Float64Array(SIDE * SIDE).fill(1 / SIDE ** 2);

/** Means of `SIDE` values in steps of `stride`, along a line of `count` that goes on with its end values. */
function blurLine(data, first, stride, count) {
  const line = Float64Array.from(
    { length: count + 2 * RADIUS },
    (_, i) => data[first + stride * Math.min(Math.max(i - RADIUS, 0), count - 1)],
  );
  let sum = line.subarray(0, SIDE - 1).reduce((total, value) => total + value, 0);
  for (let i = 0; i < count; i += 1) {
    sum += line[i + SIDE - 1];
    data[first + stride * i] = Math.round(sum / SIDE);
    sum -= line[i];
  }
}

/** A scene as the box kernel blurs it: how much work a w-step is depends on the gradients of what is restored. */
function createBlurred(width, height) {
  const { data } = createScene({ width, height });
  for (let i = 0; i < height * 3; i += 1) blurLine(data, Math.floor(i / 3) * width * 3 + (i % 3), 3, width);
  for (let i = 0; i < width * 3; i += 1) blurLine(data, i, width * 3, height);
  return data;
}

async function createSolver(binding, { shape, settings }, { width, height, threads, isa }) {
  const solver = binding.createSolver({ ...SHAPE, ...shape, width, height, threads }, isa);
  const psf = { kernels: boxKernel(), coefficients: null, gridRows: 1, gridColumns: 1 };
  await solver.setPsf(psf, ticketOf(binding, threads));
  solver.configure({ ...SETTINGS, ...settings });
  return solver;
}

/**
 * One plane: load, steps, store. Keeps the fastest of each in `best`: a whole plane is hardly ever undisturbed where
 * other work shares the processor.
 */
async function measurePlane(solver, best, source, target, ticket) {
  const note = async (part, work) => {
    best[part] = Math.min(best[part] ?? Infinity, await secondsOf(work));
  };
  await note('load', () => solver.load(source, null, ticket));
  for (let i = 0; i < best.steps; i += 1) await note('step', () => solver.step(ticket));
  await note('store', () => solver.store(target, ticket));
}

async function measureShrinkage(binding, isa, rounds) {
  const results = [];
  for (const alpha of [1 / 2, 2 / 3, 0.8]) {
    const request = { isa, alpha, beta: 8, pixels: SHRINKAGE_PIXELS, repeats: 10 * rounds };
    const { seconds } = await binding.benchmarkShrinkage(request, ticketOf(binding, 1));
    results.push({ alpha, nanoseconds: (seconds / SHRINKAGE_PIXELS) * 1e9 });
  }
  return results;
}

/**
 * Planes of one channel, and iterations of Richardson-Lucy of scikit-image and of scipy (pocketfft): all alternately,
 * the fastest of every round, since clocks vary.
 * @param {Binding} binding
 * @param {{ width: number, height: number, rounds: number, threads: number, isa: string, report: (line: string) => void
 * }} options
 */
export async function benchmarkSolvers(binding, options) {
  const { width, height, rounds, threads, isa, report } = options;
  const peers = await startPeers(SCRIPT);
  const source = { samples: createBlurred(width, height), frameWidth: width, channels: 3, channel: 1, left: 0, top: 0 };
  const target = { ...source, samples: source.samples.slice() };
  const solvers = [];
  for (const one of CASES) solvers.push(await createSolver(binding, one, options));
  const results = CASES.map(({ name, steps = 6 }, i) => ({ name, steps, mappedBytes: solvers[i].mappedBytes }));
  const iteration = { scipy: Infinity, skimage: Infinity };
  for (let round = 0; round < rounds; round += 1) {
    report(`solvers and peers alternately, ${threads} threads, round ${round + 1} of ${rounds}`);
    for (const [index, best] of results.entries())
      await measurePlane(solvers[index], best, source, target, ticketOf(binding, threads));
    for (const peer of /** @type {const} */ (['scipy', 'skimage'])) {
      if (!peers.versions[peer]) continue;
      const { seconds } = await peers.ask({ peer, width, height, radius: RADIUS, threads });
      iteration[peer] = Math.min(iteration[peer], seconds);
    }
  }
  for (const solver of solvers) solver.dispose();
  peers.end();
  return {
    width,
    height,
    isa,
    threads,
    versions: peers.versions,
    iteration,
    solvers: results,
    shrinkage: await measureShrinkage(binding, isa, rounds),
  };
}
