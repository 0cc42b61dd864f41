// Frames whose blur is known: parts of real scenes, blurred, with noise, as 8 bits or as JPEG files.
import sharp from 'sharp';
import { fft, psf } from '../dist/index.js';
import { createRandom, sampleNormal } from '../dist/math/random.js';

/**
 * @typedef {{ width: number, height: number, data: Float32Array }} Planes three planes of floats, 1 being full scale
 */

/**
 * The middle of a picture, as three planes.
 * @param {string} path
 * @param {{ width: number, height: number }} most
 * @returns {Promise<Planes>}
 */
export async function readScene(path, most) {
  const whole = await sharp(path, { ignoreIcc: true }).metadata();
  const [width, height] = [Math.min(whole.width, most.width), Math.min(whole.height, most.height)];
  const area = { left: (whole.width - width) >> 1, top: (whole.height - height) >> 1, width, height };
  const { data, info } = await sharp(path, { ignoreIcc: true })
    .removeAlpha()
    .toColourspace('srgb')
    .extract(area)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return toPlanes({ width, height, data, channels: info.channels });
}

/** @param {{ width: number, height: number, data: Uint8Array, channels: number }} frame @returns {Planes} */
export function toPlanes({ width, height, data, channels }) {
  const pixels = width * height;
  const planes = new Float32Array(3 * pixels);
  for (let plane = 0; plane < 3; plane += 1) {
    for (let pixel = 0; pixel < pixels; pixel += 1)
      planes[plane * pixels + pixel] =
        /** @type {number} */ (data[pixel * channels + Math.min(plane, channels - 1)]) / 255;
  }
  return { width, height, data: planes };
}

/**
 * Each plane seen through a kernel; only what needs nothing from beyond the edges.
 * @param {Planes} scene
 * @param {psf.Psf} kernel
 * @returns {Promise<Planes>}
 */
export async function blur(scene, kernel) {
  const [reachX, reachY] = [(kernel.width - 1) / 2, (kernel.height - 1) / 2];
  return filter(scene, reachX, reachY, async (plan) => {
    const { width, height } = scene;
    const taps = new Float32Array(width * height);
    kernel.data.forEach((weight, tap) => {
      const [x, y] = [(tap % kernel.width) - reachX, Math.floor(tap / kernel.width) - reachY];
      taps[((y + height) % height) * width + ((x + width) % width)] = weight;
    });
    return plan.forward(taps);
  });
}

/** Pixels beyond both ends of a motion that its sinc is felt in. */
const SINC_REACH = 4;

/**
 * Each plane moved straight during the exposure, by its exact transfer function: a kernel of pixels would turn short
 * motion to the axes.
 * @param {Planes} scene
 * @param {number} length in pixels
 * @param {number} angle in degrees, anticlockwise
 * @returns {Promise<Planes>}
 */
export async function move(scene, length, angle) {
  const reach = Math.ceil(length / 2) + SINC_REACH;
  const [right, down] = [length * Math.cos((angle * Math.PI) / 180), -length * Math.sin((angle * Math.PI) / 180)];
  return filter(scene, reach, reach, async ({ bins }) => {
    const { width, height } = scene;
    const re = Float32Array.from({ length: bins * height }, (_, bin) => {
      const row = Math.floor(bin / bins);
      const phase =
        Math.PI * (((bin % bins) * right) / width + ((row <= height / 2 ? row : row - height) * down) / height);
      return Math.abs(phase) < 1e-6 ? 1 : Math.sin(phase) / phase;
    });
    return { re, im: new Float32Array(re.length) };
  });
}

/**
 * Each plane through a transfer function, without a border.
 * @param {Planes} scene
 * @param {number} reachX
 * @param {number} reachY
 * @param {(plan: import('../dist/index.js').FftPlan) => Promise<import('../dist/index.js').HalfSpectrum>} transferOf
 * @returns {Promise<Planes>}
 */
async function filter({ width, height, data }, reachX, reachY, transferOf) {
  const plan = await fft.plan({ rows: height, columns: width, threads: 2 });
  const transfer = await transferOf(plan);
  const [keptWidth, keptHeight] = [width - 2 * reachX, height - 2 * reachY];
  const kept = new Float32Array(3 * keptWidth * keptHeight);
  for (let plane = 0; plane < 3; plane += 1) {
    const spectrum = await plan.forward(data.slice(plane * width * height, (plane + 1) * width * height));
    spectrum.re.forEach((re, bin) => {
      const [im, hr, hi] = /** @type {[number, number, number]} */ ([
        spectrum.im[bin],
        transfer.re[bin],
        transfer.im[bin],
      ]);
      spectrum.re[bin] = re * hr - im * hi;
      spectrum.im[bin] = re * hi + im * hr;
    });
    const blurred = await plan.inverse(spectrum);
    for (let y = 0; y < keptHeight; y += 1) {
      kept.set(
        blurred.subarray((y + reachY) * width + reachX, (y + reachY) * width + reachX + keptWidth),
        (plane * keptHeight + y) * keptWidth,
      );
    }
  }
  plan.dispose();
  return { width: keptWidth, height: keptHeight, data: kept };
}

/** A camera's shake along a curve, 20 pixels wide. */
export function drawPath() {
  const [side, steps] = [31, 600];
  const data = new Float64Array(side * side);
  for (let step = 0; step <= steps; step += 1) {
    const [x, y] = [12 + 9 * Math.cos((2.6 * step) / steps), 11 + 7 * Math.sin((3.3 * step) / steps)];
    for (const [left, top] of /** @type {[number, number][]} */ ([
      [0, 0],
      [1, 0],
      [0, 1],
      [1, 1],
    ])) {
      const [column, row] = [Math.floor(x) + left, Math.floor(y) + top];
      data[row * side + column] =
        (data[row * side + column] ?? 0) + (1 - Math.abs(x - column)) * (1 - Math.abs(y - row));
    }
  }
  return psf.fromArray({ width: side, height: side, data });
}

/** Real scenes: Sentinel-2, Landsat, NAIP, drones, the space station. */
export const SCENES = [
  'val/s2_athens_rgb.png',
  'val/s2_santos_cir.png',
  'val/s2_sharkbay_rgb.png',
  'train/s2_algiers_rgb.webp',
  'train/s2_busan_nir.webp',
  'train/s2_genoa_rgb.webp',
  'train/s2_germany_gray.webp',
  'train/s2_india_cir.webp',
  'train/s2_similaun_cir.webp',
  'train/s2_virginia_swir_20m.webp',
  'train/l7_san_francisco_cir_30m.webp',
  'train/naip_m_4709963_se_14_1_20150926.webp',
  'train/oam_banepa_r0_c1.webp',
  'train/iss_nir_iss_089.webp',
];
/** The part of them that is used. */
export const SIZE = { width: 900, height: 700 };

/**
 * As a camera delivers it: noise, 8 bits, and a JPEG file where a quality is given.
 * @param {Planes} scene
 * @param {{ noise: number, electrons?: number, jpeg?: number, seed?: number }} camera noise: standard deviation, 1
 * being full scale;
 *   electrons at full scale, for shot noise
 * @returns {Promise<import('../dist/index.js').Frame | Uint8Array>}
 */
export async function take({ width, height, data }, { noise, electrons = Infinity, jpeg = 0, seed = 1 }) {
  const random = createRandom(seed);
  const pixels = width * height;
  const bytes = new Uint8Array(3 * pixels);
  for (let sample = 0; sample < bytes.length; sample += 1) {
    const level = /** @type {number} */ (data[(sample % 3) * pixels + Math.floor(sample / 3)]);
    const sigma = Math.sqrt(noise ** 2 + Math.max(0, level) / electrons);
    const value = level + (sigma > 0 ? sigma * sampleNormal(random) : 0);
    bytes[sample] = Math.max(0, Math.min(255, Math.round(255 * value)));
  }
  if (jpeg === 0) return { width, height, channels: 3, depth: 8, data: bytes };
  return sharp(bytes, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: jpeg })
    .toBuffer();
}
