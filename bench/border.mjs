// How near methods come to what can be reached beside a straight border of missing pixels: gain in PSNR within 8 px of
// it, and farther than 24 px from it, of each method, and of the same method solved exactly and tuned on the truth
// (border-bound.py, which needs SciPy):
//   node bench/border.mjs [--python <interpreter>] [--json]
import { fileURLToPath } from 'node:url';
import { deconvolve, psf } from '../dist/index.js';
import { SIDE, createCase, createScenes } from './deconvolve-cases.mjs';
import { startPeers } from './python.mjs';
import { formatTable } from './tables.mjs';

const SCRIPT = fileURLToPath(new URL('border-bound.py', import.meta.url));
const [NOISE, MISSING, PART, RIM] = [0.005, 40, 144, 8];
const KEYS = ['near', 'exact', 'there', 'far', 'exactFar'];
const METHODS = ['hyper-laplacian', 'wiener', 'richardson-lucy'];
const words = process.argv.slice(2);
const python = words.includes('--python') ? words[words.indexOf('--python') + 1] : undefined;
const isJson = words.includes('--json');
const kernels = (process.env.KERNELS ?? 'disk:2,disk:3,gaussian:1.5').split(',');
const scenes = (await createScenes()).slice(0, Number(process.env.SCENES ?? 6));
const peers = await startPeers(SCRIPT, python);

const cut = (samples) =>
  Float32Array.from({ length: PART ** 2 }, (_, at) => samples[Math.floor(at / PART) * SIDE + (at % PART)]);

/** Pixels of some columns, without a rim above and below. */
function pixelsOf(from, to) {
  return [...Array(PART ** 2).keys()].filter((at) => {
    const [x, y] = [at % PART, Math.floor(at / PART)];
    return x >= from && x < to && y >= RIM && y < PART - RIM;
  });
}

const NEAR = pixelsOf(MISSING, MISSING + 8);
const FAR = pixelsOf(MISSING + 24, PART - 16);
const ALL = pixelsOf(MISSING, PART - RIM);

/** Mean squared error over pixels. */
function errorOver(pixels, truth, data) {
  return pixels.reduce((sum, at) => sum + (truth[at] - data[at]) ** 2, 0) / pixels.length;
}

const gainOf = (pixels, truth, data, samples) =>
  10 * Math.log10(errorOver(pixels, truth, samples) / errorOver(pixels, truth, data));

/** Gains of one scene behind one kernel, by method. */
async function measure({ truth: whole, frame, kernel }) {
  const [truth, samples] = [cut(whole), cut(Float32Array.from(frame.data, (sample) => sample / 255))];
  const picture = { width: PART, height: PART, channels: 1, depth: 32, white: 1 };
  const valid = Uint8Array.from({ length: PART ** 2 }, (_, at) => (at % PART < MISSING ? 0 : 1));
  const rows = Array.from({ length: kernel.height }, (_, row) =>
    Array.from(kernel.data.slice(row * kernel.width, (row + 1) * kernel.width)),
  );
  const request = { side: PART, missing: MISSING, sigma: NOISE, samples: [...samples], kernel: rows };
  const bound = peers.versions.scipy ? await peers.ask(request) : {};
  const gains = {};
  for (const method of METHODS) {
    const restore = async (options) =>
      (await deconvolve({ ...picture, data: samples.slice() }, { psf: kernel, method, ...options })).data;
    const [masked, there] = [await restore({ valid }), await restore({})];
    // Tuned once for the frame, as the method itself is.
    const exact = (bound[method] ?? []).sort((one, other) => errorOver(ALL, truth, one) - errorOver(ALL, truth, other));
    gains[method] = {
      near: gainOf(NEAR, truth, masked, samples),
      exact: exact.length > 0 ? gainOf(NEAR, truth, exact[0], samples) : NaN,
      exactFar: exact.length > 0 ? gainOf(FAR, truth, exact[0], samples) : NaN,
      there: gainOf(NEAR, truth, there, samples),
      far: gainOf(FAR, truth, masked, samples),
    };
  }
  return gains;
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const found = [];
for (const kernel of kernels) {
  const parsed = { name: kernel, kernel: await psf.parse(kernel) };
  const list = [];
  for (const [index, scene] of scenes.entries()) list.push(await measure(createCase(scene, parsed, NOISE, index + 1)));
  for (const method of METHODS) {
    const of = (key) => mean(list.map((gains) => gains[method][key]));
    found.push({ kernel, method, ...Object.fromEntries(KEYS.map((key) => [key, of(key)])) });
  }
}
peers.end();
if (isJson) console.log(JSON.stringify(found));
else {
  const keys = Object.keys(found[0]);
  const text = (value) => (typeof value === 'number' ? value.toFixed(2) : value);
  console.log(`${scenes.length} scenes of ${PART}x${PART}, noise ${NOISE}, gain in dB`);
  const table = found.map((row) => keys.map((key) => text(row[key])));
  console.log(formatTable(keys, table));
}
