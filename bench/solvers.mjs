import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** @import { Binding } from '../dist/native/binding.js' */

const SCRIPT = fileURLToPath(new URL('solver-peers.py', import.meta.url));
/** Where Debian's python3-scipy and python3-skimage are found. */
const PYTHON = '/usr/bin/python3';
/** 33x33 pixels, as in the peers' script. */
const RADIUS = 16;
/** Differences of one sample of the w-step: a millisecond or less. */
const SHRINKAGE_PIXELS = 2 ** 18;

const SHAPE = {
  radiusX: RADIUS, radiusY: RADIUS, symmetric: true, modes: 1, boundary: 'bertero', sampleBits: 8, acceleration: 'none',
  totalVariation: false, masked: false,
};
const SETTINGS = {
  offset: 0, saturation: Infinity, totalVariation: 0, damping: 0, start: 'flat', lambda: 3000, alpha: 2 / 3, prior: 'gradient',
  nsr: 0.01, exponent: 2,
};
const CASES = [
  { name: 'Richardson-Lucy', shape: { method: 'richardson-lucy' } },
  { name: 'Richardson-Lucy, asymmetric PSF', shape: { method: 'richardson-lucy', symmetric: false } },
  { name: 'heavy ball', shape: { method: 'richardson-lucy', acceleration: 'heavy-ball' } },
  { name: 'Biggs-Andrews', shape: { method: 'richardson-lucy', acceleration: 'biggs-andrews' } },
  { name: 'total variation', shape: { method: 'richardson-lucy', totalVariation: true }, settings: { totalVariation: 0.005 } },
  { name: 'hyper-Laplacian, 1/2', shape: { method: 'hyper-laplacian', boundary: 'reflect' }, settings: { alpha: 1 / 2 }, steps: 6 },
  { name: 'hyper-Laplacian, 2/3', shape: { method: 'hyper-laplacian', boundary: 'reflect' }, steps: 6 },
  { name: 'Wiener', shape: { method: 'wiener', boundary: 'reflect' }, steps: 1 },
];

/** The Python peers, each null where it is not installed; they run only when asked. */
async function startPeers() {
  const child = spawn(PYTHON, [SCRIPT], { stdio: ['pipe', 'pipe', 'ignore'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  child.on('error', () => {});
  child.stdin.on('error', () => {});
  const ask = async (request) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value } = await lines.next();
    return value === undefined ? {} : JSON.parse(value);
  };
  const { scipy = null, skimage = null } = await ask({ peers: true });
  return { versions: { scipy, skimage }, ask, end: () => child.stdin.end() };
}

const secondsOf = async (work) => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};

function diskKernel() {
  const side = 2 * RADIUS + 1;
  const inside = Float64Array.from({ length: side * side }, (_, i) => Number(Math.hypot(i % side - RADIUS, Math.floor(i / side) - RADIUS) <= RADIUS));
  const sum = inside.reduce((total, value) => total + value, 0);
  return inside.map((value) => value / sum);
}

/** The fastest step, and the fastest whole plane: load, 6 steps (or what the method takes), store. */
async function measureSolver(binding, { name, shape, settings, steps = 6 }, { width, height, threads, isa, rounds }) {
  const fullShape = { ...SHAPE, ...shape, width, height, threads };
  const solver = binding.createSolver(fullShape, isa);
  const samples = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 2654435761) >>> 25);
  const window = { samples, frameWidth: width, channels: 3, channel: 1, left: 0, top: 0 };
  const target = { ...window, samples: samples.slice() };
  await solver.setPsf({ kernels: diskKernel(), coefficients: null, gridRows: 1, gridColumns: 1 });
  solver.configure({ ...SETTINGS, ...settings });
  let step = Infinity, plane = Infinity;
  for (let round = 0; round < rounds; round += 1) {
    plane = Math.min(plane, await secondsOf(async () => {
      await solver.load(window, null);
      for (let i = 0; i < steps; i += 1) step = Math.min(step, await secondsOf(() => solver.step()));
      await solver.store(target);
    }));
  }
  const { mappedBytes } = solver;
  solver.dispose();
  return { name, threads, step, steps, plane, mappedBytes };
}

async function measureShrinkage(binding, isa, rounds) {
  const results = [];
  for (const alpha of [1 / 2, 2 / 3, 0.8]) {
    const { seconds } = await binding.benchmarkShrinkage({ isa, alpha, beta: 8, pixels: SHRINKAGE_PIXELS, repeats: 10 * rounds });
    results.push({ alpha, nanoseconds: seconds / SHRINKAGE_PIXELS * 1e9 });
  }
  return results;
}

/**
 * Planes of one channel, and iterations of Richardson-Lucy in turns with scikit-image and with scipy (pocketfft).
 * @param {Binding} binding
 * @param {{ width: number, height: number, rounds: number, threads: number, isa: string, report: (line: string) => void }} options
 */
export async function benchmarkSolvers(binding, options) {
  const { width, height, rounds, threads, isa, report } = options;
  const peers = await startPeers();
  const best = {};
  const note = (name, seconds) => { best[name] = Math.min(best[name] ?? Infinity, seconds); };
  for (let round = 0; round < rounds; round += 1) {
    report(`Richardson-Lucy in turns with peers, round ${round + 1}`);
    note('ours', (await measureSolver(binding, CASES[0], { ...options, rounds: 1 })).step);
    for (const peer of ['scipy', 'skimage']) {
      if (peers.versions[peer] !== null) note(peer, (await peers.ask({ peer, width, height, radius: RADIUS, threads })).seconds);
    }
  }
  peers.end();
  const solvers = [];
  for (const one of CASES) {
    report(`${one.name}, ${threads} threads`);
    solvers.push(await measureSolver(binding, one, options));
  }
  return { width, height, isa, threads, versions: peers.versions, iteration: best, solvers, shrinkage: await measureShrinkage(binding, isa, rounds) };
}
