// Whether the choice of means never harms, and how near it comes to the best of them: `node bench/choice.mjs --sample
// 200 [--from 0] [--data ../shared/data/eo] [--cache FILE]`. Each case is a frame of 384x384 pixels (choice-cases.mjs)
// restored by every means. What was measured is kept, a line of JSON a case; the choice is made anew at every run.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Deconvolver, Restorer, estimate } from '../dist/index.js';
import { findJpegNoise } from '../dist/estimate/jpeg/jpeg-noise.js';
import { choose, describeChoice } from '../dist/restore/choice.js';
import { blurOfEstimate } from '../dist/restore/known-blur.js';
import { drawCase, listScenes, take } from './choice-cases.mjs';

const MODELS = ['eo-defocus-small'];
const METHODS = ['hyper-laplacian', 'wiener'];

/** In dB: what is no harm, and what is no loss against the best means. */
const [MOST_HARM, MOST_LOSS] = [0.1, 0.3];

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
  for (const method of blur.psf === null ? [] : METHODS) {
    const deconvolver = await Deconvolver.open({ psf: blur.psf, method, threads: 1 });
    means[method] = of((await deconvolver.restore(input)).data);
    await deconvolver.dispose();
  }
  const { kernel, ...facts } = blur;
  return {
    ...drawn,
    facts,
    noise,
    trueNoise: drawn.noise,
    jpegNoise: jpeg,
    seconds: report.seconds,
    means,
  };
}

/** What the choice comes to where everything has been measured, in dB: over the input, and below the best. */
function judge({ facts, noise, jpegNoise, means }, models) {
  const jpeg = jpegNoise && Math.sqrt(jpegNoise.variance);
  const choice = choose({ blur: blurOfEstimate(facts), noise: noise?.sigma ?? null, jpegNoise: jpeg }, models);
  const { kind, model, method } = choice.means;
  const chosen = means[{ none: 'input', network: model, deconvolution: method }[kind]];
  return { choice, gain: chosen - means.input, loss: Math.max(...Object.values(means)) - chosen };
}

function summarise(cases, models) {
  const judged = cases.map((one) => ({ ...one, ...judge(one, models) }));
  const share = (test) => `${judged.filter(test).length} of ${judged.length}`;
  const mean = judged.reduce((sum, { gain }) => sum + gain / judged.length, 0);
  for (const { index, scene, psf: words, jpeg, trueNoise, choice, gain, loss } of judged) {
    if (gain >= -MOST_HARM && loss <= MOST_LOSS) continue;
    const seen = `${scene}, ${words ?? 'no blur'}, noise ${trueNoise.toFixed(4)}, JPEG ${jpeg || 'none'}`;
    console.log(
      `${index}: ${seen}: ${gain.toFixed(2)} dB, ${loss.toFixed(2)} below the best; ${describeChoice(choice)}`,
    );
  }
  console.log(`harm by more than ${MOST_HARM} dB: ${share(({ gain }) => gain < -MOST_HARM)}`);
  console.log(`within ${MOST_LOSS} dB of the best means: ${share(({ loss }) => loss <= MOST_LOSS)}`);
  console.log(`mean gain ${mean.toFixed(2)} dB`);
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
    known.push(found);
    appendFileSync(values.cache, `${JSON.stringify(found)}\n`);
  }
  const stated = restorers.map(({ model: { name, range } }) => ({ name, range }));
  for (const restorer of restorers) await restorer.dispose();
  summarise(known, stated);
}

await main();
