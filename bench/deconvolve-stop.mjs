// How much is lost by stopping automatically, against the best number of iterations:
//   node bench/deconvolve-stop.mjs [--acceleration biggs-andrews] [--only NAME] [--json]
import { parseArgs } from 'node:util';
import { deconvolve } from '../dist/index.js';
import { createCase, createKernels, createScenes, psnr } from './deconvolve-cases.mjs';

const NOISE = [0.002, 0.005, 0.01, 0.02];
const SCENES_PER_KERNEL = 2;
/** Numbers of iterations tried for the best go up and down in steps of this factor from where the rule stops ... */
const STEP = 1.2;
/** ... up to this number, and until the PSNR has fallen by so many dB: it has one maximum, but for ripples. */
const MOST = 600;
const PASSED = 0.15;
const BAR = 0.3;

const { values: flags } = parseArgs({
  options: {
    acceleration: { type: 'string', default: 'biggs-andrews' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

/** @param {import('./deconvolve-cases.mjs').Case} one @param {number | 'auto'} iterations */
const run = ({ frame, kernel, sigma }, iterations) =>
  deconvolve(frame, {
    psf: kernel,
    method: 'richardson-lucy',
    acceleration: flags.acceleration,
    iterations,
    threads: 1,
    ...(iterations !== 'auto' && { sigma }),
  });

/** @param {import('./deconvolve-cases.mjs').Case} one */
async function measure(one) {
  const before = psnr(one.truth, one.frame.data, 255);
  const { data, report } = await run(one, 'auto');
  const gain = psnr(one.truth, data, 255) - before;
  let best = { iterations: report.iterations, gain };
  for (const factor of [STEP, 1 / STEP]) {
    for (let exact = report.iterations * factor; exact >= 0.5 && exact <= MOST; exact *= factor) {
      const iterations = Math.max(1, Math.round(exact));
      const found = psnr(one.truth, (await run(one, iterations)).data, 255) - before;
      if (found > best.gain) best = { iterations, gain: found };
      if (found < best.gain - PASSED) break;
    }
  }
  return {
    name: one.name,
    sigma: one.sigma,
    estimated: report.sigma,
    before,
    best,
    auto: { iterations: report.iterations, gain, reason: report.stopReason },
    loss: best.gain - gain,
  };
}

const [scenes, kernels] = [await createScenes(), createKernels()];
const results = [];
let seed = 0;
for (const kernel of kernels) {
  for (const sigma of NOISE) {
    for (let index = 0; index < SCENES_PER_KERNEL; index += 1) {
      seed += 1;
      // Consecutive scenes, so that each meets every kind of kernel and noise.
      const scene = scenes[(seed * 5) % scenes.length];
      if (!`${scene.name}, ${kernel.name}`.includes(flags.only)) continue;
      results.push(await measure(createCase(scene, kernel, sigma, seed)));
      const { name, estimated, best, auto, loss } = results.at(-1);
      if (!flags.json) {
        console.log(
          `${name.padEnd(40)} sigma ${estimated.toFixed(5)}  ` +
            `best ${String(best.iterations).padStart(3)} ${best.gain.toFixed(2).padStart(6)} dB  ` +
            `auto ${String(auto.iterations).padStart(3)} ${auto.gain.toFixed(2).padStart(6)} ` +
            `dB ${auto.reason.padEnd(15)} loss ${loss.toFixed(2)}${loss > BAR ? ' *' : ''}`,
        );
      }
    }
  }
}
const within = results.filter(({ loss }) => loss <= BAR).length;
const losses = results.map(({ loss }) => loss).sort((a, b) => a - b);
if (flags.json) console.log(JSON.stringify(results));
else
  console.log(
    `${within} of ${results.length} within ${BAR} dB (${((100 * within) / results.length).toFixed(1)} %); ` +
      `median ${losses[losses.length >> 1].toFixed(3)}, worst ${losses.at(-1).toFixed(2)} dB`,
  );
