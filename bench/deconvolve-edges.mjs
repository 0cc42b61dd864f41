// What the unknown beyond the edges of a frame costs: gain in PSNR, and how much lower it is in the rim than inside:
//   node bench/deconvolve-edges.mjs
import { deconvolve, psf } from '../dist/index.js';
import { SIDE, createCase, createScenes, psnr } from './deconvolve-cases.mjs';
import { formatTable } from './tables.mjs';

const NOISE = 0.005;
/** Width of the rim: four radii of a disk. */
const RIM = 16;
const KERNELS = ['disk:4', 'gaussian:1.5', 'motion:15@30'];
const METHODS = [
  ['hyper-laplacian', 'bertero'],
  ['hyper-laplacian', 'replicate'],
  ['wiener', 'bertero'],
  ['wiener', 'replicate'],
  ['richardson-lucy', 'bertero'],
];

const isInside = (pixel) =>
  [pixel % SIDE, Math.floor(pixel / SIDE)].every((place) => place >= RIM && place < SIDE - RIM);
const psnrWhere = (wanted, truth, data) => {
  const pixels = [...truth.keys()].filter((pixel) => isInside(pixel) === wanted);
  return psnr(
    Float32Array.from(pixels, (pixel) => truth[pixel]),
    pixels.map((pixel) => data[pixel]),
    255,
  );
};

async function measure({ truth, frame, kernel }, method, boundary) {
  const { data } = await deconvolve(frame, { psf: kernel, method, boundary });
  return {
    gain: psnr(truth, data, 255) - psnr(truth, frame.data, 255),
    loss: psnrWhere(true, truth, data) - psnrWhere(false, truth, data),
  };
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
const scenes = await createScenes();
const rows = [];
for (const name of KERNELS) {
  const cells = [];
  const cases = await Promise.all(
    scenes.map(async (scene, index) => createCase(scene, { name, kernel: await psf.parse(name) }, NOISE, index + 1)),
  );
  for (const [method, boundary] of METHODS) {
    const found = [];
    for (const one of cases) found.push(await measure(one, method, boundary));
    cells.push(
      `${mean(found.map(({ gain }) => gain)).toFixed(1)} (${mean(found.map(({ loss }) => loss)).toFixed(1)}) dB`,
    );
  }
  rows.push([name, ...cells]);
}
console.log(
  `${scenes.length} scenes of ${SIDE}x${SIDE}, noise ${NOISE}: gain, and in brackets the loss in the rim ` +
    `of ${RIM} pixels`,
);
console.log(formatTable(['kernel', ...METHODS.map((words) => words.join(', '))], rows));
