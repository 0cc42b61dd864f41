import { Pauses } from '../../runtime/pauses.js';
import { warp } from './warp.js';
import type { Plane } from '../../image/planes.js';

/** Largest side of the finest level, in pixels. */
const LARGEST_SIDE = 512;
/** A level is coarser than the one before by this factor; descriptors bear half of it. */
const STEP = Math.SQRT2;
const MOST_LEVELS = 7;

/** A picture at one resolution. */
export interface Level {
  readonly plane: Plane;
  /** Pixels of the full picture per pixel. */
  readonly scale: number;
}

/**
 * A picture ever smaller, from `LARGEST_SIDE` pixels on, while its sides are at least `leastSide`. Unknown values
 * become the mean.
 */
export async function buildPyramid(picture: Plane, leastSide: number, pauses: Pauses): Promise<Level[]> {
  const levels: Level[] = [];
  let scale = Math.max(1, Math.max(picture.width, picture.height) / LARGEST_SIDE);
  for (
    let plane = await reduce(picture, scale, pauses);
    levels.length < MOST_LEVELS && Math.min(plane.width, plane.height) >= leastSide;
    scale *= STEP
  ) {
    levels.push({ plane, scale });
    plane = await reduce(plane, STEP, pauses);
  }
  return levels;
}

/** Pixels of `scale` pixels a side. */
async function reduce(picture: Plane, scale: number, pauses: Pauses): Promise<Plane> {
  const centre = (scale - 1) / 2;
  return fillUnknown(
    await warp(
      picture,
      [scale, 0, centre, 0, scale, centre],
      Math.floor(picture.width / scale),
      Math.floor(picture.height / scale),
      pauses,
    ),
  );
}

function fillUnknown({ width, height, data }: Plane): Plane {
  let [sum, count] = [0, 0];
  for (const value of data) {
    if (!Number.isFinite(value)) continue;
    sum += value;
    count += 1;
  }
  const mean = sum / Math.max(count, 1);
  return { width, height, data: data.map((value) => (Number.isFinite(value) ? value : mean)) };
}

/** A Gaussian of `sigma` pixels, cut at three of them, along columns and rows; edges are repeated. */
export async function smooth({ width, height, data }: Plane, sigma: number, pauses = new Pauses()): Promise<Plane> {
  const reach = Math.ceil(3 * sigma);
  const heights = Float64Array.from({ length: 2 * reach + 1 }, (_, index) =>
    Math.exp(-((index - reach) ** 2) / (2 * sigma ** 2)),
  );
  const sum = heights.reduce((total, value) => total + value, 0);
  const weights = heights.map((value) => value / sum);
  const result = new Float32Array(data.length);
  // One row, smoothed along the columns, with its ends repeated.
  const row = new Float32Array(width + 2 * reach);
  for (let y = 0; y < height; y += 1) {
    if (pauses.isDue) await pauses.take();
    row.fill(0);
    for (let tap = 0; tap < weights.length; tap += 1) {
      const weight = weights[tap]!;
      const from = Math.max(0, Math.min(height - 1, y + tap - reach)) * width;
      for (let x = 0; x < width; x += 1) row[x + reach]! += weight * data[from + x]!;
    }
    row.fill(row[reach]!, 0, reach);
    row.fill(row[reach + width - 1]!, reach + width);
    for (let tap = 0; tap < weights.length; tap += 1) {
      const weight = weights[tap]!;
      for (let x = 0, at = y * width; x < width; x += 1, at += 1) result[at]! += weight * row[x + tap]!;
    }
  }
  return { width, height, data: result };
}
