import { setImmediate } from 'node:timers/promises';
import type { Affine } from './affine.js';

/** One plane of floats, row by row; NaN where nothing is known. */
export interface Plane {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** Samples between two turns of the event loop. */
const SAMPLES_AT_ONCE = 2 ** 16;

/**
 * A plane on the grid of another: each pixel is the mean of samples over its square, as many along a side as pixels of the plane
 * fit into it, each interpolated by Catmull and Rom's cubic. NaN beyond the plane. @param toPlane from the pixels of the grid to those
 * of the plane
 */
export async function warp(plane: Plane, toPlane: Affine, width: number, height: number): Promise<Plane> {
  const scale = scaleOf(toPlane);
  if (scale >= 4) {
    // Means of whole pixels come first: the samples of a pixel stay few.
    const factor = Math.floor(scale / 2);
    const [a, b, c, d, e, f] = toPlane.map((value) => value / factor) as unknown as Affine;
    const shift = (factor - 1) / 2 / factor;
    return warp(shrink(plane, factor), [a, b, c - shift, d, e, f - shift], width, height);
  }
  const samples = Math.max(1, Math.round(scale));
  const data = new Float32Array(width * height);
  for (let y = 0, done = 0; y < height; y += 1) {
    warpRow(plane, toPlane, samples, y, data.subarray(y * width, (y + 1) * width));
    done += width * samples ** 2;
    if (done > SAMPLES_AT_ONCE) {
      done = 0;
      await setImmediate();
    }
  }
  return { width, height, data };
}

/** Pixels of the plane per pixel of the grid, along a side. */
export function scaleOf([a, b, , d, e]: Affine): number {
  return Math.sqrt(Math.abs(a * e - b * d));
}

/** Row y of the grid: means of samples over the squares of its pixels. */
function warpRow(plane: Plane, [a, b, c, d, e, f]: Affine, samples: number, y: number, out: Float32Array): void {
  for (let x = 0; x < out.length; x += 1) {
    let sum = 0;
    for (let i = 0; i < samples; i += 1) {
      const down = y + (i + 0.5) / samples - 0.5;
      for (let j = 0; j < samples; j += 1) {
        const across = x + (j + 0.5) / samples - 0.5;
        sum += interpolate(plane, a * across + b * down + c, d * across + e * down + f);
      }
    }
    out[x] = sum / samples ** 2;
  }
}

/** By Catmull and Rom's cubic along both axes. */
function interpolate({ width, height, data }: Plane, x: number, y: number): number {
  const left = Math.floor(x);
  const top = Math.floor(y);
  // False for NaN as well.
  if (!(left >= 1 && top >= 1 && left + 2 < width && top + 2 < height)) return NaN;
  const s = x - left;
  const t = y - top;
  const at = top * width + left;
  return ((-0.5 * t + 1) * t - 0.5) * t * interpolateRow(data, at - width, s) + ((1.5 * t - 2.5) * t * t + 1) * interpolateRow(data, at, s)
    + ((-1.5 * t + 2) * t + 0.5) * t * interpolateRow(data, at + width, s) + (0.5 * t - 0.5) * t * t * interpolateRow(data, at + 2 * width, s);
}

/** At the fraction s from the sample `at` to the next. */
function interpolateRow(data: Float32Array, at: number, s: number): number {
  return ((-0.5 * s + 1) * s - 0.5) * s * data[at - 1]! + ((1.5 * s - 2.5) * s * s + 1) * data[at]!
    + ((-1.5 * s + 2) * s + 0.5) * s * data[at + 1]! + (0.5 * s - 0.5) * s * s * data[at + 2]!;
}

/** The mean over squares of `factor` pixels a side. */
export function shrink({ width, height, data }: Plane, factor: number): Plane {
  const [columns, rows] = [Math.floor(width / factor), Math.floor(height / factor)];
  const small = new Float32Array(columns * rows);
  for (let y = 0; y < rows * factor; y += 1) {
    for (let x = 0; x < columns * factor; x += 1) small[Math.floor(y / factor) * columns + Math.floor(x / factor)]! += data[y * width + x]! / factor ** 2;
  }
  return { width: columns, height: rows, data: small };
}
