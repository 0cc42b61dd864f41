// Frames whose sharp reference is known: a scene seen on another grid, changed in parts, blurred, dimmed, with noise.
import { warp } from '../dist/estimate/reference/warp.js';
import { blur, take } from './estimate-cases.mjs';

/**
 * @typedef {import('./estimate-cases.mjs').Planes} Planes
 * @typedef {object} View how the frame sees the scene
 * @property {import('../dist/index.js').psf.Psf} kernel
 * @property {number} width of the frame, in pixels
 * @property {number} height
 * @property {number} scale pixels of the scene per pixel of the frame
 * @property {number} rotation degrees, anticlockwise
 * @property {readonly [number, number]} shift pixels of the scene from its middle to that of the frame
 * @property {number} noise standard deviation, 1 being full scale
 * @property {number} [electrons] at full scale, for shot noise
 * @property {number} [changed] part of the frame that shows something else
 * @property {number} [seed]
 */

/** What the frame has of the scene's brightness. */
const [GAIN, OFFSET] = [0.9, 0.02];
/** Side of the squares that show something else, in pixels. */
const CHANGE = 80;
/** Brightness beyond the scene. */
const BEYOND = 0.4;

/**
 * The map from pixels of a grid of that size, in the middle of which the frame is, to those of the scene.
 * @param {Planes} scene
 * @param {View} view
 * @param {number} width
 * @param {number} height
 * @returns {import('../dist/index.js').Affine}
 */
export function placeView(scene, { scale, rotation, shift }, width, height) {
  const angle = (rotation * Math.PI) / 180;
  const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)];
  const [x, y] = [(width - 1) / 2, (height - 1) / 2];
  return [
    cos,
    sin,
    (scene.width - 1) / 2 + shift[0] - cos * x - sin * y,
    -sin,
    cos,
    (scene.height - 1) / 2 + shift[1] + sin * x - cos * y,
  ];
}

/**
 * The frame and its sharp truth, of one size, and the reference, as 8-bit frames.
 * @param {Planes} scene
 * @param {View} view
 */
export async function createPair(scene, view) {
  const { kernel, noise, electrons = Infinity, seed = 1 } = view;
  const [reachX, reachY] = [(kernel.width - 1) / 2, (kernel.height - 1) / 2];
  const seen = await look(scene, view, view.width + 2 * reachX, view.height + 2 * reachY);
  change(seen, view.changed ?? 0);
  /** @param {Planes} planes @returns {Planes} */
  const dimmed = ({ data, ...size }) => ({ ...size, data: data.map((value) => GAIN * value + OFFSET) });
  return {
    reference: await take(scene, { noise: 0 }),
    frame: await take(dimmed(await blur(seen, kernel)), { noise, electrons, seed }),
    sharp: await take(dimmed(middleOf(seen, view.width, view.height)), { noise: 0 }),
  };
}

/**
 * The scene on the grid of a frame.
 * @param {Planes} scene
 * @param {View} view
 * @param {number} width
 * @param {number} height
 * @returns {Promise<Planes>}
 */
async function look(scene, view, width, height) {
  const pixels = scene.width * scene.height;
  const data = new Float32Array(3 * width * height);
  for (let plane = 0; plane < 3; plane += 1) {
    const from = {
      width: scene.width,
      height: scene.height,
      data: scene.data.slice(plane * pixels, (plane + 1) * pixels),
    };
    const moved = await warp(from, placeView(scene, view, width, height), width, height);
    data.set(
      moved.data.map((value) => (Number.isFinite(value) ? Math.max(0, Math.min(1, value)) : BEYOND)),
      plane * width * height,
    );
  }
  return { width, height, data };
}

/**
 * About a part of the frame shows something else: squares of the frame from elsewhere.
 * @param {Planes} planes
 * @param {number} part
 */
function change({ width, height, data }, part) {
  const before = data.slice();
  const squares = Math.round((part * width * height) / CHANGE ** 2);
  for (let square = 0; square < squares; square += 1) {
    // Multiples of irrational numbers are spread evenly.
    const [left, top] = [
      Math.floor(((square * Math.SQRT2 + 0.1) % 1) * (width - CHANGE)),
      Math.floor(((square * Math.PI + 0.2) % 1) * (height - CHANGE)),
    ];
    for (let index = 0; index < 3 * CHANGE ** 2; index += 1) {
      const [x, y, plane] = [
        left + (index % CHANGE),
        top + (Math.floor(index / CHANGE) % CHANGE),
        Math.floor(index / CHANGE ** 2),
      ];
      data[(plane * height + y) * width + x] = /** @type {number} */ (
        before[(plane * height + ((y + 211) % height)) * width + ((x + 157) % width)]
      );
    }
  }
}

/** @param {Planes} planes @param {number} width @param {number} height @returns {Planes} */
function middleOf(planes, width, height) {
  const [left, top] = [(planes.width - width) >> 1, (planes.height - height) >> 1];
  const data = new Float32Array(3 * width * height);
  for (let row = 0; row < 3 * height; row += 1) {
    const from = (Math.floor(row / height) * planes.height + top + (row % height)) * planes.width + left;
    data.set(planes.data.subarray(from, from + width), row * width);
  }
  return { width, height, data };
}

/**
 * Root mean square difference of the weights over the true kernel's largest one, over the pixels of that.
 * @param {import('../dist/index.js').psf.Psf} found not smaller than the true one
 * @param {import('../dist/index.js').psf.Psf} kernel
 */
export function kernelError(found, kernel) {
  let squares = 0;
  for (let tap = 0; tap < found.data.length; tap += 1) {
    const x = (tap % found.width) - (found.width - kernel.width) / 2;
    const y = Math.floor(tap / found.width) - (found.height - kernel.height) / 2;
    const isInside = x >= 0 && y >= 0 && x < kernel.width && y < kernel.height;
    const truth = isInside ? kernel.data[y * kernel.width + x] : 0;
    squares += (Number(found.data[tap]) - Number(truth)) ** 2;
  }
  return Math.sqrt(squares / kernel.data.length) / Math.max(...kernel.data);
}
