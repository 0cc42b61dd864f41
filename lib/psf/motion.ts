import { requireNumber, requireOneOf } from '../runtime/validate.js';
import { lengthInPixel } from './area.js';
import type { Point } from './area.js';
import { MAX_PSF_RADIUS, fromArray } from './psf.js';
import type { Psf } from './psf.js';
import { rasterise, requireReach } from './raster.js';

/** Ways to draw a line: the length of it in each pixel, or as `fspecial('motion')` of MATLAB does. */
export type MotionMode = 'exact' | 'matlab';

/**
 * Straight uniform motion. @param length in pixels @param angle in degrees, anticlockwise from the right
 * @param mode 'exact': the part of the segment inside each pixel, in a square of 2 ceil(length / 2) + 3
 */
export function motion(length: number, angle: number, mode: MotionMode = 'exact'): Psf {
  requireNumber('length', length, 0, 2 * MAX_PSF_RADIUS);
  requireNumber('angle', angle, -360, 360);
  requireOneOf('mode', mode, ['exact', 'matlab']);
  return mode === 'exact' ? drawExact(length, angle) : drawMatlab(length, angle);
}

function drawExact(length: number, angle: number): Psf {
  const reach = requireReach('motion', Math.ceil(length / 2) + 1);
  const radians = (angle * Math.PI) / 180;
  // A point stays a point; its length of 0 would be the sum.
  const half = Math.max(length, 1e-9) / 2;
  const end: Point = [snap(half * Math.cos(radians)), snap(-half * Math.sin(radians))];
  return rasterise(reach, reach, (pixel) => lengthInPixel(end, pixel));
}

/** sin(180 degrees) is not quite 0 in floating point. */
const snap = (value: number): number => (Math.abs(value) < 1e-12 ? 0 : value);

/** Distances to a line of width 1 in one quadrant, turned into the opposite one (star-sensor A.3). */
function drawMatlab(length: number, angle: number): Psf {
  const eps = 2 ** -52;
  const len = Math.max(1, length);
  const half = (len - 1) / 2;
  const phi = ((((angle % 180) + 180) % 180) * Math.PI) / 180;
  const [c, s] = [Math.cos(phi), Math.sin(phi)];
  const step = Math.sign(c);
  const [columns, rows] = [
    Math.abs(Math.trunc(half * c + step - len * eps)) + 1,
    Math.trunc(half * s + 1 - len * eps) + 1,
  ];
  const [width, height] = [2 * columns - 1, 2 * rows - 1];
  const data = new Float64Array(width * height);
  for (let y = 0; y < rows; y += 1) {
    for (let index = 0; index < columns; index += 1) {
      const weight = weightBesideLine(step * index, y, half, [c, s], eps);
      // MATLAB flips the picture upside down when c > 0, so that angles go anticlockwise.
      const [dx, dy] = [index, step > 0 ? -y : y];
      data[(rows - 1 + dy) * width + columns - 1 + dx] = weight;
      data[(rows - 1 - dy) * width + columns - 1 - dx] = weight;
    }
  }
  return fromArray({ width, height, data });
}

function weightBesideLine(x: number, y: number, half: number, [c, s]: Point, eps: number): number {
  let distance = y * c - x * s;
  if (Math.hypot(x, y) >= half && Math.abs(distance) <= 1) {
    const beyond = half - Math.abs((x + distance * s) / c);
    distance = Math.hypot(distance, beyond);
  }
  return Math.max(0, 1 + eps - Math.abs(distance));
}
