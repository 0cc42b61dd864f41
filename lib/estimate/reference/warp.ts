import type { Plane } from '../../image/planes.js';
import { Pauses } from '../../runtime/pauses.js';
import type { Affine } from './affine.js';

/**
 * A plane on the grid of another: each pixel is the mean of samples over its square, as many along a side as pixels of
 * the plane fit into it, each interpolated by Catmull and Rom's cubic. NaN beyond the plane.
 * @param toPlane from the pixels of the grid to those of the plane
 * @param data memory for the result
 */
export async function warp(
  plane: Plane,
  toPlane: Affine,
  width: number,
  height: number,
  pauses = new Pauses(),
  data: Float32Array = new Float32Array(width * height),
): Promise<Plane> {
  const scale = scaleOf(toPlane);
  if (scale >= 4) {
    // Means of whole pixels come first: the samples of a pixel stay few.
    const factor = Math.floor(scale / 2);
    const [a, b, c, d, e, f] = toPlane.map((value) => value / factor) as unknown as Affine;
    const shift = (factor - 1) / 2 / factor;
    const small = await shrink(plane, factor, pauses);
    return warp(small, [a, b, c - shift, d, e, f - shift], width, height, pauses, data);
  }
  const samples = Math.max(1, Math.round(scale));
  for (let y = 0; y < height; y += 1) {
    if (pauses.isDue) await pauses.take();
    warpRow(plane, toPlane, samples, y, data.subarray(y * width, (y + 1) * width));
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
  const before = ((-0.5 * s + 1) * s - 0.5) * s;
  const first = (1.5 * s - 2.5) * s * s + 1;
  const second = ((-1.5 * s + 2) * s + 0.5) * s;
  const after = (0.5 * s - 0.5) * s * s;
  const b = top * width + left - 1;
  const a = b - width;
  const c = b + width;
  const d = c + width;
  return (
    ((-0.5 * t + 1) * t - 0.5) *
      t *
      (before * data[a]! + first * data[a + 1]! + second * data[a + 2]! + after * data[a + 3]!) +
    ((1.5 * t - 2.5) * t * t + 1) *
      (before * data[b]! + first * data[b + 1]! + second * data[b + 2]! + after * data[b + 3]!) +
    ((-1.5 * t + 2) * t + 0.5) *
      t *
      (before * data[c]! + first * data[c + 1]! + second * data[c + 2]! + after * data[c + 3]!) +
    (0.5 * t - 0.5) * t * t * (before * data[d]! + first * data[d + 1]! + second * data[d + 2]! + after * data[d + 3]!)
  );
}

/** The mean over squares of `factor` pixels a side. */
export async function shrink(plane: Plane, factor: number, pauses: Pauses): Promise<Plane> {
  if (factor === 1) return plane;
  const { width, height, data } = plane;
  const [columns, rows] = [Math.floor(width / factor), Math.floor(height / factor)];
  const small = new Float32Array(columns * rows);
  const part = 1 / factor ** 2;
  for (let y = 0; y < rows * factor; y += 1) {
    if (pauses.isDue) await pauses.take();
    const row = Math.floor(y / factor) * columns;
    for (let column = 0, at = y * width; column < columns; column += 1) {
      let sum = 0;
      for (const end = at + factor; at < end; at += 1) sum += data[at]!;
      small[row + column]! += sum * part;
    }
  }
  return { width: columns, height: rows, data: small };
}
