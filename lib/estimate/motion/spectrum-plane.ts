import { LOWEST, isAtBlockPeak } from '../rings.js';
import type { Curve } from '../rings.js';

/** Bins of a cell along an axis: their mean scatters less than a single bin, at half the places. */
export const CELL = 2;
/** Cells with fewer bins left are none. */
const LEAST_BINS = 2;

/** A power spectrum over half the plane (the other half mirrors it), in cells of 2x2 bins within the largest ring. */
export interface SpectrumPlane {
  /** Of the blocks, in pixels. */
  readonly side: number;
  /** Frequencies of the cells' centres to the right and downwards, and their distance from 0, in cycles per pixel. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly rho: Float64Array;
  /** Natural logarithm of the mean power of each. */
  readonly logPower: Float64Array;
  readonly isJpeg: boolean;
}

/**
 * Of JPEG files, the bins at which the borders of its blocks put peaks are left out.
 * @param power side x (side / 2 + 1) bins
 */
export function drawPlane(power: Float64Array, side: number, isJpeg: boolean): SpectrumPlane {
  const half = side / 2;
  const cells: { x: number; y: number; rho: number; logPower: number }[] = [];
  for (let top = -half; top < half; top += CELL) {
    for (let left = 0; left < half; left += CELL) {
      const [x, y] = [(left + (CELL - 1) / 2) / side, (top + (CELL - 1) / 2) / side];
      const rho = Math.hypot(x, y);
      if (rho < LOWEST || rho > 0.5) continue;
      let [sum, count] = [0, 0];
      for (let bin = 0; bin < CELL ** 2; bin += 1) {
        const [u, v] = [left + (bin % CELL), top + Math.floor(bin / CELL)];
        if (isJpeg && (isAtBlockPeak(u, side) || isAtBlockPeak(Math.abs(v), side))) continue;
        sum += power[((v + side) % side) * (half + 1) + u]!;
        count += 1;
      }
      if (count >= LEAST_BINS && sum > 0) cells.push({ x, y, rho, logPower: Math.log(sum / count) });
    }
  }
  const list = (name: keyof (typeof cells)[number]): Float64Array => Float64Array.from(cells, (cell) => cell[name]);
  return { side, x: list('x'), y: list('y'), rho: list('rho'), logPower: list('logPower'), isJpeg };
}

/** Every `stride`-th cell: enough to compare models by. */
export function thin({ side, x, y, rho, logPower, isJpeg }: SpectrumPlane, stride: number): SpectrumPlane {
  const keep = (values: Float64Array): Float64Array => values.filter((_, index) => index % stride === 0);
  return { side, x: keep(x), y: keep(y), rho: keep(rho), logPower: keep(logPower), isJpeg };
}

/**
 * The mean of a value over rings that are one cell wide.
 * @param readCell the value of a cell, or null where it does not count
 */
export function drawRings({ side, rho, isJpeg }: SpectrumPlane, readCell: (cell: number) => number | null): Curve {
  const rings = new Map<number, { sum: number; count: number }>();
  rho.forEach((distance, cell) => {
    const value = readCell(cell);
    if (value === null) return;
    const ring = Math.round((distance * side) / CELL);
    const { sum, count } = rings.get(ring) ?? { sum: 0, count: 0 };
    rings.set(ring, { sum: sum + value, count: count + 1 });
  });
  const order = [...rings].sort(([a], [b]) => a - b);
  return {
    rho: Float64Array.from(order, ([ring]) => (ring * CELL) / side),
    logPower: Float64Array.from(order, ([, { sum, count }]) => sum / count),
    isJpeg,
  };
}
