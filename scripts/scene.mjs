import { createRandom, sampleNormal } from '../dist/math/random.js';

/** @typedef {{ width: number, height: number, data: Uint8Array }} Rgb interleaved 8-bit RGB */
/** @typedef {[number, number, number]} Colour components in [0, 1] */

/** Fields, forest, soil, rock, water: mean colours of the leaves. @type {Colour[]} */
const PALETTE = [
  [0.36, 0.45, 0.22],
  [0.17, 0.26, 0.14],
  [0.55, 0.44, 0.31],
  [0.62, 0.6, 0.56],
  [0.1, 0.17, 0.26],
  [0.47, 0.5, 0.28],
];

/** Radius of the smallest leaf, in pixels. */
const SMALLEST = 3;

/**
 * A landscape from above: dead leaves with power-law radii (the statistics of natural images), furrowed fields, and
 * roads on top. Equal for equal arguments.
 * @param {{ width: number, height: number, seed?: number }} options sides in pixels
 * @returns {Rgb}
 */
export function createScene({ width, height, seed = 1 }) {
  const random = createRandom(seed);
  const scene = { width, height, data: new Uint8Array(width * height * 3).fill(90) };
  const largest = Math.min(width, height) / 5;
  // Radii with density r^-3 between SMALLEST and `largest`; about three leaves over every pixel.
  for (let covered = 0; covered < 3 * width * height; ) {
    const radius = SMALLEST / Math.sqrt(1 - random() * (1 - (SMALLEST / largest) ** 2));
    drawLeaf(scene, random, radius);
    covered += Math.PI * radius ** 2;
  }
  for (let road = 0; road < Math.max(2, Math.round(Math.hypot(width, height) / 150)); road += 1)
    drawRoad(scene, random);
  return scene;
}

/**
 * A disk with a furrow texture of its own.
 * @param {Rgb} scene
 * @param {() => number} random
 * @param {number} radius in pixels
 */
function drawLeaf(scene, random, radius) {
  const centreX = random() * scene.width;
  const centreY = random() * scene.height;
  const base = /** @type {Colour} */ (PALETTE[Math.floor(random() * PALETTE.length)]);
  const light = 0.6 + 0.8 * random();
  const colour = base.map((component) => component * light);
  const contrast = 0.12 * random();
  const angle = random() * Math.PI;
  const frequency = (2 * Math.PI) / (8 + 16 * random());
  const [stepX, stepY] = [frequency * Math.cos(angle), frequency * Math.sin(angle)];
  forEachPixel(scene, centreX - radius, centreY - radius, centreX + radius, centreY + radius, (x, y, offset) => {
    if ((x - centreX) ** 2 + (y - centreY) ** 2 > radius ** 2) return;
    const texture = 1 + contrast * Math.sin(stepX * x + stepY * y);
    for (let channel = 0; channel < 3; channel += 1) {
      scene.data[offset + channel] = clampByte(255 * /** @type {number} */ (colour[channel]) * texture);
    }
  });
}

/**
 * A straight bright line across the frame.
 * @param {Rgb} scene
 * @param {() => number} random
 */
function drawRoad(scene, random) {
  const angle = random() * Math.PI;
  const [normalX, normalY] = [Math.cos(angle), Math.sin(angle)];
  const distance = normalX * random() * scene.width + normalY * random() * scene.height;
  const halfWidth = 0.7 + 2 * random();
  const level = 130 + 90 * random();
  forEachPixel(scene, 0, 0, scene.width, scene.height, (x, y, offset) => {
    if (Math.abs(normalX * x + normalY * y - distance) <= halfWidth) scene.data.fill(level, offset, offset + 3);
  });
}

/**
 * @param {Rgb} scene
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 * @param {(x: number, y: number, offset: number) => void} visit
 */
function forEachPixel({ width, height }, left, top, right, bottom, visit) {
  const [x0, x1] = [Math.max(0, Math.ceil(left)), Math.min(width - 1, Math.floor(right))];
  const [y0, y1] = [Math.max(0, Math.ceil(top)), Math.min(height - 1, Math.floor(bottom))];
  for (let y = y0; y <= y1; y += 1) {
    for (let x = x0; x <= x1; x += 1) visit(x, y, (y * width + x) * 3);
  }
}

/** @param {number} value */
const clampByte = (value) => Math.max(0, Math.min(255, Math.round(value)));

/**
 * Weights of a disk of `radius` pixels with an antialiased rim, row by row from -ceil(radius); they sum to 1.
 * @param {number} radius
 */
export function createDisk(radius) {
  const reach = Math.ceil(radius);
  const side = 2 * reach + 1;
  const weights = Float32Array.from({ length: side * side }, (_, index) => {
    const distance = Math.hypot((index % side) - reach, Math.floor(index / side) - reach);
    return Math.max(0, Math.min(1, radius + 0.5 - distance));
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return { reach, side, weights: weights.map((weight) => weight / sum) };
}

/**
 * The scene out of focus and with sensor noise.
 * @param {Rgb} scene
 * @param {{ radius?: number, noise?: number, seed?: number }} [options] disk radius in pixels; standard deviation of
 *   the shot noise at full scale, in units of full scale
 * @returns {Rgb}
 */
export function defocus({ width, height, data }, { radius = 4, noise = 0.005, seed = 1 } = {}) {
  const random = createRandom(seed);
  const { reach, side, weights } = createDisk(radius);
  const blurred = new Uint8Array(data.length);
  const row = new Float32Array(width * 3);
  for (let y = 0; y < height; y += 1) {
    row.fill(0);
    for (let dy = -reach; dy <= reach; dy += 1) {
      const source = Math.max(0, Math.min(height - 1, y + dy)) * width;
      for (let dx = -reach; dx <= reach; dx += 1) {
        const weight = /** @type {number} */ (weights[(dy + reach) * side + dx + reach]);
        if (weight > 0) addShifted(row, data, source, dx, width, weight);
      }
    }
    for (let index = 0; index < row.length; index += 1) {
      const level = /** @type {number} */ (row[index]);
      const shot = noise * 255 * Math.sqrt(level / 255) * sampleNormal(random);
      blurred[y * width * 3 + index] = clampByte(level + shot);
    }
  }
  return { width, height, data: blurred };
}

/**
 * Adds one row of pixels, shifted by `dx` with its ends replicated.
 * @param {Float32Array} row
 * @param {Uint8Array} data
 * @param {number} source first pixel of the row
 * @param {number} dx
 * @param {number} width
 * @param {number} weight
 */
function addShifted(row, data, source, dx, width, weight) {
  for (let x = 0, target = 0; x < width; x += 1) {
    const pixel = (source + Math.max(0, Math.min(width - 1, x + dx))) * 3;
    row[target] = /** @type {number} */ (row[target]) + weight * /** @type {number} */ (data[pixel]);
    row[target + 1] = /** @type {number} */ (row[target + 1]) + weight * /** @type {number} */ (data[pixel + 1]);
    row[target + 2] = /** @type {number} */ (row[target + 2]) + weight * /** @type {number} */ (data[pixel + 2]);
    target += 3;
  }
}

/**
 * Peak signal-to-noise ratio in dB of 8-bit RGB, without a border of `border` pixels.
 * @param {Rgb} a
 * @param {{ data: Uint8Array | Uint16Array }} b of the same size
 * @param {number} [border]
 */
export function psnr(a, b, border = 16) {
  let sum = 0;
  let count = 0;
  for (let y = border; y < a.height - border; y += 1) {
    for (let index = (y * a.width + border) * 3; index < ((y + 1) * a.width - border) * 3; index += 1) {
      const difference = Number(a.data[index]) - Number(b.data[index]);
      sum += difference ** 2;
      count += 1;
    }
  }
  return 10 * Math.log10(255 ** 2 / (sum / count));
}
