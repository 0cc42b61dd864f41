import { medianOfMany } from '../../math/median.js';
import { radiusOf } from '../../psf/psf.js';
import type { Pauses } from '../../runtime/pauses.js';
import type { Transform } from '../../fft/transform.js';
import { blurPlane } from './blur-plane.js';
import { transfersOf } from './patches.js';
import type { KernelEstimate } from './measured-kernel.js';
import type { Plane } from '../../image/planes.js';

/**
 * Differences are averaged over cells of so many pixels a side, and those about each: changes and clouds are extended,
 * noise is not.
 */
const CELL = 4;
/** A cell is changed where the mean difference about it is so many robust standard deviations above the usual. */
const MOST_SIGMAS = 3;
/** Values that a median is taken of. */
const MOST_VALUES = 20_000;

/** A frame as the reference explains it. */
export interface Comparison {
  /** The frame; where it is changed, clipped or unknown, what the reference says. */
  readonly filled: Plane;
  /** The frame is photometric ratio x blurred reference + offset. */
  readonly offset: number;
  /** Part of the pixels where both are known that are changed. */
  readonly changed: number;
}

/** Where a frame shows something else than its reference, cell by cell. */
interface Changes {
  readonly columns: number;
  readonly isChanged: Uint8Array;
}

/**
 * Blurs the reference, fits its offset, and finds where the frame shows something else. @param plan of patches
 * @param sharp the reference on the frame's grid @param filled memory for the result, of the frame's size
 */
export async function compare(
  plan: Transform,
  frame: Plane,
  sharp: Plane,
  { field, photometricRatio }: KernelEstimate,
  filled: Float32Array,
  pauses: Pauses,
): Promise<Comparison> {
  await blurPlane(plan, sharp, transfersOf(plan, field), radiusOf(field.kernels[0]!), filled, pauses);
  const { width, height, data } = frame;
  const differenceAt = (pixel: number): number => {
    const value = data[pixel]!;
    return value > 0 && value < 1 ? value - photometricRatio * filled[pixel]! : NaN;
  };
  const stride = Math.max(1, Math.floor(data.length / MOST_VALUES));
  const samples = { length: Math.floor(data.length / stride) };
  const offset = await medianOfMany(
    Float32Array.from(samples, (_, index) => differenceAt(index * stride)),
    pauses,
  );
  const changes = await findChanges(width, height, (pixel) => Math.abs(differenceAt(pixel) - offset), pauses);
  let [changed, known] = [0, 0];
  for (let y = 0, pixel = 0; y < height; y += 1) {
    if (pauses.isDue) await pauses.take();
    for (let x = 0; x < width; x += 1, pixel += 1) {
      const isKnown = Number.isFinite(differenceAt(pixel));
      const isSame = isKnown && !isChangedAt(changes, x, y);
      if (isKnown) known += 1;
      if (isKnown && !isSame) changed += 1;
      filled[pixel] = isSame ? data[pixel]! : photometricRatio * filled[pixel]! + offset;
    }
  }
  return { filled: { width, height, data: filled }, offset, changed: changed / Math.max(known, 1) };
}

/** Pixels beyond the last whole cell belong to it. */
function isChangedAt({ columns, isChanged }: Changes, x: number, y: number): boolean {
  const cell = Math.floor(y / CELL) * columns + Math.min(columns - 1, Math.floor(x / CELL));
  return isChanged[Math.min(cell, isChanged.length - 1)] !== 0;
}

/**
 * Cells about which the frame differs more than usual; those with unknown pixels are none, as these are known by
 * themselves.
 */
async function findChanges(
  width: number,
  height: number,
  distanceAt: (pixel: number) => number,
  pauses: Pauses,
): Promise<Changes> {
  const [columns, rows] = [Math.floor(width / CELL), Math.floor(height / CELL)];
  const means = new Float32Array(columns * rows);
  for (let y = 0; y < rows * CELL; y += 1) {
    if (pauses.isDue) await pauses.take();
    for (let x = 0; x < columns * CELL; x += 1)
      means[Math.floor(y / CELL) * columns + Math.floor(x / CELL)]! += distanceAt(y * width + x) / CELL ** 2;
  }
  const local = new Float32Array(means.length);
  for (let cell = 0; cell < local.length; cell += 1) {
    if (cell % columns === 0 && pauses.isDue) await pauses.take();
    local[cell] = meanAbout(means, columns, rows, cell);
  }
  const usual = await medianOfMany(local, pauses);
  const spread = await medianOfMany(
    local.map((value) => Math.abs(value - usual)),
    pauses,
  );
  const limit = usual + MOST_SIGMAS * 1.48 * spread;
  const isChanged = new Uint8Array(local.length);
  for (let cell = 0; cell < local.length; cell += 1) isChanged[cell] = Number(local[cell]! > limit);
  return { columns, isChanged };
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
