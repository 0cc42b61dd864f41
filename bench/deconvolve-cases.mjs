import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { psf } from '../dist/index.js';
import { createRandom, sampleNormal } from '../dist/math/random.js';
import { createScene } from '../scripts/scene.mjs';

/** @typedef {{ name: string, side: number, data: Float64Array }} Scene grey, square, 0 to 1 */
/** @typedef {{ name: string, kernel: psf.Psf }} Kernel */
/**
 * `samples` are those of the frame before they are rounded and clipped, 1 being white.
 * @typedef {{ name: string, truth: Float32Array, samples: Float32Array, frame: import('../dist/index.js').Frame,
 * kernel: psf.Psf, sigma: number }} Case
 */

const DATA = fileURLToPath(new URL('../../shared/data/', import.meta.url));
/** Sides of a case, and of what is blurred: more, so that the blur knows what is beyond the edges. */
export const SIDE = 256;
const MARGIN = 24;
const WHOLE = SIDE + 2 * MARGIN;

/** Squares of real pictures [file, left, top, reduction]; photographs are reduced until they are sharp. */
const SQUARES = [
  ['s2_athens_rgb.png', 0.2, 0.3, 1],
  ['s2_athens_rgb.png', 0.7, 0.6, 1],
  ['s2_santos_cir.png', 0.4, 0.2, 1],
  ['s2_santos_cir.png', 0.6, 0.7, 1],
  ['s2_sharkbay_rgb.png', 0.3, 0.3, 1],
  ['s2_sharkbay_rgb.png', 0.7, 0.5, 1],
  ['iss_photo_1742.jpg', 0.5, 0.5, 2],
  ['iss_nir_iss_242.png', 0.4, 0.4, 2],
];

/** Four generated scenes, and squares of real ones where the shared data is there. @returns {Promise<Scene[]>} */
export async function createScenes() {
  const generated = [1, 2, 3, 4].map((seed) => {
    const { data } = createScene({ width: WHOLE, height: WHOLE, seed });
    return {
      name: `generated ${seed}`,
      side: WHOLE,
      data: Float64Array.from({ length: WHOLE ** 2 }, (_, pixel) => data[3 * pixel + 1] / 255),
    };
  });
  const folder = `${DATA}eo/val/`;
  return [
    ...generated,
    ...(existsSync(folder) ? await Promise.all(SQUARES.map((square) => readSquare(folder, square))) : []),
  ];
}

/** @returns {Promise<Scene>} */
async function readSquare(folder, [file, x, y, reduction]) {
  const { width, height } = await sharp(folder + file).metadata();
  const side = WHOLE * reduction;
  const data = await sharp(folder + file, { ignoreIcc: true })
    .removeAlpha()
    .extract({ left: Math.floor(x * (width - side)), top: Math.floor(y * (height - side)), width: side, height: side })
    .resize(WHOLE, WHOLE)
    .toColourspace('srgb')
    .extractChannel(1)
    .raw()
    .toBuffer();
  return {
    name: `${file.replace(/\..*/, '')} ${x}`,
    side: WHOLE,
    data: Float64Array.from(data, (value) => value / 255),
  };
}

/** Disks, Gaussians and motion, and measured camera shake where its file and h5py are there. @returns {Kernel[]} */
export function createKernels() {
  const shapes = [2, 3, 4, 5, 6].map((radius) => ({ name: `disk ${radius}`, kernel: psf.disk(radius) }));
  for (const sigma of [1, 1.5, 2.5]) shapes.push({ name: `gaussian ${sigma}`, kernel: psf.gaussian(sigma) });
  for (const [length, angle] of [
    [10, 20],
    [20, 65],
  ])
    shapes.push({ name: `motion ${length}`, kernel: psf.motion(length, angle) });
  return [...shapes, ...readLevin()];
}

/** @returns {Kernel[]} */
function readLevin() {
  const [script, file] = [fileURLToPath(new URL('read-levin.py', import.meta.url)), `${DATA}kernels/Levin09.mat`];
  if (!existsSync(file)) return [];
  try {
    const kernels = JSON.parse(
      execFileSync('/usr/bin/python3', [script, file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
    return kernels.map((rows, index) => ({
      name: `Levin ${index + 1}`,
      kernel: psf.fromArray({
        width: rows[0].length,
        height: rows.length,
        data: rows.flat().map((weight) => Math.max(0, weight)),
      }),
    }));
  } catch {
    return [];
  }
}

/**
 * A scene blurred by a kernel, with Gaussian noise, in 8 bits; beyond its edges the scene goes on.
 * @param {Scene} scene @param {Kernel} kernel @param {number} sigma @param {number} seed @returns {Case}
 */
export function createCase(scene, { name, kernel }, sigma, seed) {
  const random = createRandom(seed);
  const crop = (x, y) => scene.data[(y + MARGIN) * scene.side + x + MARGIN];
  const truth = Float32Array.from({ length: SIDE ** 2 }, (_, pixel) => crop(pixel % SIDE, Math.floor(pixel / SIDE)));
  const blurred = blur(scene, kernel);
  const samples = Float32Array.from(blurred, (value) => value + sigma * sampleNormal(random));
  const data = Uint8Array.from(samples, (value) => Math.max(0, Math.min(255, Math.round(255 * value))));
  return {
    name: `${scene.name}, ${name}, ${sigma}`,
    truth,
    samples,
    frame: { width: SIDE, height: SIDE, channels: 1, depth: 8, data },
    kernel,
    sigma,
  };
}

function blur({ side, data }, { width, height, data: weights }) {
  const blurred = new Float64Array(SIDE ** 2);
  weights.forEach((weight, index) => {
    if (weight === 0) return;
    // A convolution: light of the pixel at (x - dx, y - dy) arrives at (x, y).
    const [dx, dy] = [(index % width) - (width - 1) / 2, Math.floor(index / width) - (height - 1) / 2];
    for (let y = 0; y < SIDE; y += 1) {
      const source = (y - dy + MARGIN) * side - dx + MARGIN;
      for (let x = 0; x < SIDE; x += 1) blurred[y * SIDE + x] += weight * data[source + x];
    }
  });
  return blurred;
}

/**
 * In dB, of values with full scale 1.
 * @param {Float32Array} a
 * @param {ArrayLike<number>} b
 * @param {number} [scale] of b
 */
export function psnr(a, b, scale = 1) {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] - b[index] / scale) ** 2;
  return 10 * Math.log10(a.length / sum);
}
