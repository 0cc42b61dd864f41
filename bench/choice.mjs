// Whether the choice of means never harms, and how near it comes to the best of them: `node bench/choice.mjs --sample
// 200 [--from 0] [--data ../shared/data/eo] [--cache FILE]`. Each case is a frame of 384x384 pixels (choice-cases.mjs)
// restored by every means. What was measured is kept, a line of JSON a case; the choice is made anew at every run.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Deconvolver, Restorer, estimate } from '../dist/index.js';
import { findJpegNoise } from '../dist/estimate/jpeg/noise.js';
import { drawCase, listScenes, take } from './choice-cases.mjs';

const MODELS = ['eo-defocus-small'];

function psnr(samples, truth) {
  const error = truth.reduce((sum, value, index) => sum + (value - samples[index]) ** 2, 0) / truth.length;
  return error === 0 ? 99 : 10 * Math.log10(255 ** 2 / error);
}

async function measure(drawn, scenes, restorers) {
  const { frame, input, truth } = await take(drawn, scenes);
  const { blur, noise, report } = await estimate(input, { threads: 1 });
  const jpeg = findJpegNoise(frame);
  const of = (data) => Number(psnr(data, truth).toFixed(3));
  const means = { input: of(frame.data) };
  for (const restorer of restorers) means[restorer.model.name] = of((await restorer.restore(input)).data);
  const words = { deconvolution: blur.psf, gaussian: gaussianOf(blur), known: drawn.psf };
  for (const [name, psf] of Object.entries(words)) {
    if (psf === null) continue;
    const deconvolver = await Deconvolver.open({ psf, threads: 1 });
    means[name] = of((await deconvolver.restore(input)).data);
    await deconvolver.dispose();
  }
  const { kernel, ...facts } = blur;
  return {
    ...drawn,
    facts,
    noise: noise,
    trueNoise: drawn.noise,
    jpegNoise: jpeg,
    seconds: report.seconds,
    words,
    means,
  };
}

/** Of the best Gaussian, without that of scenes. */
function gaussianOf({ confidence }) {
  const sigma = confidence?.gaussianSigmaPx;
  return sigma > 0.8 ? `gaussian:${Math.sqrt(sigma ** 2 - 0.36).toFixed(3)}` : null;
}

async function main() {
  const { values } = parseArgs({
    options: {
      sample: { type: 'string', default: '100' },
      from: { type: 'string', default: '0' },
      data: { type: 'string', default: '../shared/data/eo' },
      cache: { type: 'string', default: 'choice.jsonl' },
    },
  });
  const scenes = listScenes(values.data);
  const known = existsSync(values.cache) ? readFileSync(values.cache, 'utf8').trim().split('\n').map(JSON.parse) : [];
  const restorers = await Promise.all(MODELS.map((model) => Restorer.open({ model, threads: 1 })));
  const from = Number(values.from);
  for (let index = from; index < from + Number(values.sample); index += 1) {
    if (known.some((one) => one.index === index)) continue;
    const found = await measure(drawCase(index, scenes), scenes, restorers);
    appendFileSync(values.cache, `${JSON.stringify(found)}\n`);
  }
  for (const restorer of restorers) await restorer.dispose();
}

await main();
