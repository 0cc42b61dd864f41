// Takes the memory of arguments away while calls run, in every way there is, and prints how the calls ended.
import { writeFileSync } from 'node:fs';
import sharp from 'sharp';
import { Deconvolver, Restorer, deconvolve, estimate, fft, metrics, stars } from '../../dist/index.js';
import { createRandomModel } from '../../scripts/random-model.mjs';

/** @typedef {import('../../dist/index.js').Frame} Frame */
/** @typedef {(array: Uint8Array | Float32Array) => void} Take */

const [width, height] = [320, 256];
const output = String(process.argv[2]);
const model = () => new Uint8Array(createRandomModel({ blocks: 1, base: 4, seed: 1 }));
/** @returns {Frame & { data: Uint8Array }} */
const frame = () => ({
  width,
  height,
  channels: 3,
  depth: 8,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => 128 + 90 * Math.sin(i / 50) * Math.cos(i / 7000)),
});
const png = await sharp(frame().data, { raw: { width, height, channels: 3 } })
  .png()
  .toBuffer();
const bytes = () => new Uint8Array(png);
const restorer = await Restorer.open({ model: model(), threads: 2 });
const masked = await Deconvolver.open({ psf: 'disk:2', method: 'richardson-lucy', iterations: 3, threads: 2 });

/** Moves the memory elsewhere, as postMessage with a list of transfers does. @type {Take} */
const transfer = ({ buffer }) => void structuredClone(buffer, { transfer: [/** @type {ArrayBuffer} */ (buffer)] });

/**
 * Calls that take arrays: they begin, and give the arrays that may go.
 * @type {Record<string, () => [Promise<unknown>, (Uint8Array | Float32Array)[]]>}
 */
const calls = {
  restore: () => one((image) => restorer.restore(image)),
  'restore, file': () => array(bytes(), (file) => restorer.restore(file)),
  restoreFile: () => array(bytes(), (file) => restorer.restoreFile(file, output)),
  'hyper-laplacian': () => one((image) => deconvolve(image, { psf: 'disk:2' })),
  'richardson-lucy': () =>
    one((image) => deconvolve(image, { psf: 'disk:2', method: 'richardson-lucy', iterations: 3 })),
  wiener: () => one((image) => deconvolve(image, { psf: 'disk:2', method: 'wiener' })),
  valid: () => array(new Uint8Array(width * height).fill(1), (valid) => masked.restore(frame(), { valid })),
  model: () => array(model(), async (source) => (await Restorer.open({ model: source })).dispose()),
  stream: () => one((image) => collect(restorer.stream([image.data], image))),
  estimate: () => one((image) => estimate(image)),
  'estimate, reference': () => one((reference) => estimate(frame(), { reference })),
  metrics: () => one((image) => metrics.measure(image, { reference: frame() })),
  'metrics, reference': () => one((reference) => metrics.measure(frame(), { reference })),
  stars: () => one((image) => stars.restoreStars(image)),
  'fft, forward': () => array(new Float32Array(256 * 256), (values) => transform((plan) => plan.forward(values))),
  'fft, out': () => {
    const out = { re: new Float32Array(256 * 129), im: new Float32Array(256 * 129) };
    return [transform((plan) => plan.forward(new Float32Array(256 * 256), out)), [out.re, out.im]];
  },
};

/** @param {(image: Frame) => Promise<unknown>} call @returns {[Promise<unknown>, Uint8Array[]]} */
function one(call) {
  const image = frame();
  return [call(image), [image.data]];
}

/**
 * @template {Uint8Array | Float32Array} A
 * @param {A} data
 * @param {(data: A) => Promise<unknown>} call
 * @returns {[Promise<unknown>, A[]]}
 */
function array(data, call) {
  return [call(data), [data]];
}

/** @param {(plan: import('../../dist/index.js').FftPlan) => Promise<unknown>} work */
async function transform(work) {
  const plan = await fft.plan({ rows: 256, columns: 256 });
  await work(plan).finally(() => plan.dispose());
}

/** @param {AsyncIterable<unknown>} pieces */
async function collect(pieces) {
  for await (const _ of pieces);
}

/** @type {Record<string, string[]>} */
const outcomes = {};
for (const [name, call] of Object.entries(calls)) {
  outcomes[name] = [];
  for (const turns of [0, 1, 2, 5, 20]) {
    const [promise, arrays] = call();
    const outcome = promise.then(
      () => 'done',
      (error) => error.code ?? String(error),
    );
    for (let turn = 0; turn < turns; turn += 1) await new Promise(setImmediate);
    for (const data of arrays) transfer(data);
    outcomes[name].push(await outcome);
  }
}
writeFileSync(1, JSON.stringify(outcomes));
await restorer.dispose();
await masked.dispose();
