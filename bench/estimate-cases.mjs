// Frames whose blur is known: parts of real scenes, blurred, with noise, as 8 bits or as JPEG files.
import sharp from 'sharp';
import { fft, psf } from '../dist/index.js';
import { createRandom, sampleNormal } from '../dist/random.js';

/** @typedef {{ width: number, height: number, data: Float32Array }} Planes three planes of floats, 1 being full scale */

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
  const { data, info } = await sharp(path, { ignoreIcc: true }).removeAlpha().toColourspace('srgb').extract(area).raw().toBuffer({ resolveWithObject: true });
  return toPlanes({ width, height, data, channels: info.channels });
}

/** @param {{ width: number, height: number, data: Uint8Array, channels: number }} frame @returns {Planes} */
export function toPlanes({ width, height, data, channels }) {
  const pixels = width * height;
  const planes = new Float32Array(3 * pixels);
  for (let plane = 0; plane < 3; plane += 1) {
    for (let pixel = 0; pixel < pixels; pixel += 1) planes[plane * pixels + pixel] = /** @type {number} */ (data[pixel * channels + Math.min(plane, channels - 1)]) / 255;
  }
  return { width, height, data: planes };
}

/**
 * Each plane seen through a kernel; only what needs nothing from beyond the edges.
 * @param {Planes} scene
 * @param {psf.Psf} kernel
 * @returns {Promise<Planes>}
 */
export async function blur({ width, height, data }, kernel) {
  const plan = await fft.plan({ rows: height, columns: width, threads: 2 });
  const [reachX, reachY] = [(kernel.width - 1) / 2, (kernel.height - 1) / 2];
  const taps = new Float32Array(width * height);
  kernel.data.forEach((weight, tap) => {
    const [x, y] = [(tap % kernel.width) - reachX, Math.floor(tap / kernel.width) - reachY];
    taps[((y + height) % height) * width + ((x + width) % width)] = weight;
  });
  const transfer = await plan.forward(taps);
  const [keptWidth, keptHeight] = [width - 2 * reachX, height - 2 * reachY];
  const kept = new Float32Array(3 * keptWidth * keptHeight);
  for (let plane = 0; plane < 3; plane += 1) {
    const spectrum = await plan.forward(data.slice(plane * width * height, (plane + 1) * width * height));
    spectrum.re.forEach((re, bin) => {
      const [im, hr, hi] = /** @type {[number, number, number]} */ ([spectrum.im[bin], transfer.re[bin], transfer.im[bin]]);
      spectrum.re[bin] = re * hr - im * hi;
      spectrum.im[bin] = re * hi + im * hr;
    });
    const blurred = await plan.inverse(spectrum);
    for (let y = 0; y < keptHeight; y += 1) {
      kept.set(blurred.subarray((y + reachY) * width + reachX, (y + reachY) * width + reachX + keptWidth), (plane * keptHeight + y) * keptWidth);
    }
  }
  plan.dispose();
  return { width: keptWidth, height: keptHeight, data: kept };
}

/**
 * As a camera delivers it: noise, 8 bits, and a JPEG file where a quality is given.
 * @param {Planes} scene
 * @param {{ noise: number, jpeg?: number, seed?: number }} camera noise: standard deviation, 1 being full scale
 * @returns {Promise<import('../dist/index.js').Frame | Uint8Array>}
 */
export async function take({ width, height, data }, { noise, jpeg = 0, seed = 1 }) {
  const random = createRandom(seed);
  const pixels = width * height;
  const bytes = new Uint8Array(3 * pixels);
  for (let sample = 0; sample < bytes.length; sample += 1) {
    const value = /** @type {number} */ (data[(sample % 3) * pixels + Math.floor(sample / 3)]) + (noise > 0 ? noise * sampleNormal(random) : 0);
    bytes[sample] = Math.max(0, Math.min(255, Math.round(255 * value)));
  }
  if (jpeg === 0) return { width, height, channels: 3, depth: 8, data: bytes };
  return sharp(bytes, { raw: { width, height, channels: 3 } }).jpeg({ quality: jpeg }).toBuffer();
}
