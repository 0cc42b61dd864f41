import { radiusOf } from '../../psf/psf.js';
import type { FftPlan } from '../../fft/fft.js';
import { blurPlane } from './blur.js';
import { transfersOf } from './patches.js';
import type { KernelEstimate } from './kernel.js';
import type { Plane } from '../../image/planes.js';

/** Differences are averaged over cells of so many pixels a side, and those about each: changes and clouds are extended, noise is not. */
const CELL = 4;
/** A cell is changed where the mean difference about it is so many robust standard deviations above the usual. */
const MOST_SIGMAS = 3;
/** Values that a median is taken of. */
const MOST_VALUES = 20_000;

/** A frame as the reference explains it. */
export interface Comparison {
  /** The frame; where it is changed, clipped or unknown, what the reference says. */
  readonly filled: Plane;
  /** The frame is gain x blurred reference + offset. */
  readonly offset: number;
  /** Part of the pixels where both are known that are changed. */
  readonly changed: number;
}

/**
 * Blurs the reference, fits its offset, and finds where the frame shows something else. @param plan of patches
 * @param sharp the reference on the frame's grid @param filled memory for the result, of the frame's size
 */
export async function compare(
  plan: FftPlan,
  frame: Plane,
  sharp: Plane,
  { field, gain }: KernelEstimate,
  filled: Float32Array,
  signal: AbortSignal,
): Promise<Comparison> {
  await blurPlane(plan, sharp, transfersOf(plan, field), radiusOf(field.kernels[0]!), filled, signal);
  const { width, height, data } = frame;
  const differenceAt = (pixel: number): number => {
    const value = data[pixel]!;
    return value > 0 && value < 1 ? value - gain * filled[pixel]! : NaN;
  };
  const stride = Math.max(1, Math.floor(data.length / MOST_VALUES));
  const offset = medianOf(
    Float32Array.from({ length: Math.floor(data.length / stride) }, (_, index) => differenceAt(index * stride)),
  );
  const { columns, isChanged } = findChanges(width, height, (pixel) => Math.abs(differenceAt(pixel) - offset));
  let [changed, known] = [0, 0];
  for (let y = 0, pixel = 0; y < height; y += 1) {
    const row = Math.floor(y / CELL) * columns;
    for (let x = 0; x < width; x += 1, pixel += 1) {
      const isKnown = Number.isFinite(differenceAt(pixel));
      const isSame =
        isKnown && isChanged[Math.min(row + Math.min(columns - 1, Math.floor(x / CELL)), isChanged.length - 1)] === 0;
      if (isKnown) known += 1;
      if (isKnown && !isSame) changed += 1;
      filled[pixel] = isSame ? data[pixel]! : gain * filled[pixel]! + offset;
    }
  }
  return { filled: { width, height, data: filled }, offset, changed: changed / Math.max(known, 1) };
}

/** Cells about which the frame differs more than usual; those with unknown pixels are none, as these are known by themselves. */
function findChanges(
  width: number,
  height: number,
  distanceAt: (pixel: number) => number,
): { readonly columns: number; readonly isChanged: Uint8Array } {
  const [columns, rows] = [Math.floor(width / CELL), Math.floor(height / CELL)];
  const means = new Float32Array(columns * rows);
  for (let y = 0; y < rows * CELL; y += 1) {
    for (let x = 0; x < columns * CELL; x += 1)
      means[Math.floor(y / CELL) * columns + Math.floor(x / CELL)]! += distanceAt(y * width + x) / CELL ** 2;
  }
  const local = means.map((_, cell) => meanAbout(means, columns, rows, cell));
  const usual = medianOf(local);
  const limit = usual + MOST_SIGMAS * 1.48 * medianOf(local.map((value) => Math.abs(value - usual)));
  return { columns, isChanged: Uint8Array.from(local, (value) => Number(value > limit)) };
}

/** The mean over a cell and those around it that are known. */
function meanAbout(means: Float32Array, columns: number, rows: number, cell: number): number {
  const [x, y] = [cell % columns, Math.floor(cell / columns)];
  let [sum, count] = [0, 0];
  for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row += 1) {
    for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column += 1) {
      const value = means[row * columns + column]!;
      if (!Number.isFinite(value)) continue;
      sum += value;
      count += 1;
    }
  }
  return count > 0 ? sum / count : NaN;
}

/** Of what is known. */
function medianOf(values: Float32Array): number {
  const known = values.filter((value) => Number.isFinite(value)).sort();
  return known[known.length >> 1] ?? NaN;
}
