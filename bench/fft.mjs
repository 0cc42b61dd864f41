import { fileURLToPath } from 'node:url';
import { fft } from '../dist/index.js';
import { createImageTransform, createLineTransform, isPowerOfTwo } from './fft-js.mjs';
import { startPeers } from './python.mjs';

const SCRIPT = fileURLToPath(new URL('fft-peers.py', import.meta.url));
/** Values of one sample of a short transform, so that the clock's steps do not matter. */
const SAMPLE_VALUES = 2 ** 18;

const secondsOf = async (work) => {
  const begin = performance.now();
  await work();
  return (performance.now() - begin) / 1000;
};

/** One call of ours: with one thread on the calling one, as those of the peers are. @param {number[]} shape */
async function createOurs(shape, threads, isa, inverse) {
  const [rows, columns] = shape;
  const plan = await fft.plan(shape.length === 2 ? { rows, columns, threads, isa } : { length: rows, threads, isa });
  const [values, spectrum] = [plan.createValues(), plan.createSpectrum()];
  values.forEach((_, index) => {
    values[index] = Math.random();
  });
  await plan.forward(values, spectrum);
  return {
    plan,
    run: () => {
      if (threads > 1) return inverse ? plan.inverse(spectrum, values) : plan.forward(values, spectrum);
      return inverse ? plan.inverseSync(spectrum, values) : plan.forwardSync(values, spectrum);
    },
  };
}

function createFftJs(shape, threads, inverse) {
  if (threads > 1 || inverse || !shape.every(isPowerOfTwo)) return undefined;
  return shape.length === 2 ? createImageTransform(shape[0], shape[1]) : createLineTransform(shape[0]);
}

/** The fastest of all calls: what disturbs a transform only ever adds to its time. */
async function measure({ shape, threads, inverse }, isa, rounds, peers) {
  const count = shape.reduce((product, side) => product * side, 1);
  const repeats = Math.max(1, Math.round(SAMPLE_VALUES / count));
  const { plan, run } = await createOurs(shape, threads, isa, inverse);
  const runJs = createFftJs(shape, threads, inverse);
  const best = {};
  const note = (name, seconds) => {
    best[name] = Math.min(best[name] ?? Infinity, seconds);
  };
  for (let round = 0; round < rounds; round += 1) {
    for (let index = 0; index < repeats; index += 1) note('ours', await secondsOf(run));
    for (const peer of ['scipy', 'fftw']) {
      if (peers.versions[peer]) note(peer, (await peers.ask({ peer, shape, threads, inverse, repeats })).seconds);
    }
    if (runJs) for (let index = 0; index < repeats; index += 1) note('fftjs', await secondsOf(runJs));
  }
  plan.dispose();
  return {
    shape,
    threads,
    inverse,
    isa: plan.isa,
    seconds: best,
    gflops: (2.5 * count * Math.log2(count)) / best.ours / 1e9,
  };
}

/**
 * Real transforms alternately with scipy (pocketfft), FFTW (measured plans) and fft.js, whichever are installed. GFLOPS
 * count 2.5 N log2 N operations, as is the custom, whatever an algorithm really does.
 * @param {{ images: number[][], lengths: number[], rounds: number, threads: number, isa: string, report: (line: string)
 * => void }} options
 */
export async function benchmarkFft({ images, lengths, rounds, threads, isa, report }) {
  const peers = await startPeers(SCRIPT);
  const shapes = [...images, ...lengths.map((length) => [length])];
  const cases = shapes.flatMap((shape) =>
    [1, threads]
      .filter((one, index, all) => all.indexOf(one) === index && (one === 1 || shape.length === 2))
      .flatMap((one) => [false, true].map((inverse) => ({ shape, threads: one, inverse }))),
  );
  const results = [];
  for (const one of cases) {
    report(`${one.inverse ? 'inverse' : 'forward'} transform of ${one.shape.join('x')}, ${one.threads} threads`);
    results.push(await measure(one, isa, rounds, peers));
  }
  peers.end();
  return { versions: peers.versions, results };
}
