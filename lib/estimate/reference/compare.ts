import { fft } from '../../fft.js';
import { multiply, transferOf } from './patches.js';
import type { KernelEstimate } from './kernel.js';
import { shrink } from './warp.js';
import type { Plane } from './warp.js';

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

/** Blurs the reference, fits its offset, and finds where the frame shows something else. @param sharp the reference on the frame's grid */
export async function compare(frame: Plane, sharp: Plane, { kernel, gain }: KernelEstimate): Promise<Comparison> {
  const model = await blurPlane(sharp, kernel);
  const { width, height } = frame;
  const differences = new Float32Array(width * height);
  for (let pixel = 0; pixel < differences.length; pixel += 1) {
    const value = frame.data[pixel]!;
    differences[pixel] = value > 0 && value < 1 ? value - gain * model[pixel]! : NaN;
  }
  const offset = medianOf(differences);
  const { columns, isChanged } = findChanges(differences, width, height, offset);
  const data = frame.data.slice();
  let [changed, known] = [0, 0];
  for (let pixel = 0; pixel < data.length; pixel += 1) {
    const isKnown = Number.isFinite(differences[pixel]!);
    const cell = Math.min(columns - 1, Math.floor((pixel % width) / CELL)) + columns * Math.floor(Math.floor(pixel / width) / CELL);
    if (isKnown) known += 1;
    if (isKnown && !isChanged[Math.min(cell, isChanged.length - 1)]) continue;
    if (isKnown) changed += 1;
    data[pixel] = gain * model[pixel]! + offset;
  }
  return { filled: { ...frame, data }, offset, changed: changed / Math.max(known, 1) };
}

/** NaN where the plane is unknown. */
async function blurPlane({ width, height, data }: Plane, kernel: KernelEstimate['kernel']): Promise<Float32Array> {
  const plan = await fft.plan({ rows: height, columns: width });
  const middle = medianOf(data);
  const values = data.slice();
  for (let pixel = 0; pixel < values.length; pixel += 1) if (!Number.isFinite(values[pixel]!)) values[pixel] = middle;
  const transfer = await transferOf(plan, kernel);
  await plan.inverse(multiply(await plan.forward(values), transfer), values);
  plan.dispose();
  for (let pixel = 0; pixel < values.length; pixel += 1) if (!Number.isFinite(data[pixel]!)) values[pixel] = NaN;
  return values;
}

/** Cells about which the frame differs more than usual; those with unknown pixels are none, as these are known by themselves. */
function findChanges(differences: Float32Array, width: number, height: number, offset: number): { readonly columns: number; readonly isChanged: readonly boolean[] } {
  const distances = new Float32Array(differences.length);
  for (let pixel = 0; pixel < distances.length; pixel += 1) distances[pixel] = Math.abs(differences[pixel]! - offset);
  const { width: columns, height: rows, data } = shrink({ width, height, data: distances }, CELL);
  const local = data.map((_, cell) => {
    const [x, y] = [cell % columns, Math.floor(cell / columns)];
    let [sum, count] = [0, 0];
    for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row += 1) {
      for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column += 1) {
        const value = data[row * columns + column]!;
        if (!Number.isFinite(value)) continue;
        sum += value;
        count += 1;
      }
    }
    return count > 0 ? sum / count : NaN;
  });
  const usual = medianOf(local);
  const limit = usual + MOST_SIGMAS * 1.48 * medianOf(local.map((value) => Math.abs(value - usual)));
  return { columns, isChanged: Array.from(local, (value) => value > limit) };
}

/** Of what is known, from evenly spread values. */
function medianOf(values: Float32Array): number {
  const stride = Math.max(1, Math.floor(values.length / MOST_VALUES));
  const some: number[] = [];
  for (let index = 0; index < values.length; index += stride) if (Number.isFinite(values[index]!)) some.push(values[index]!);
  return Float32Array.from(some).sort()[some.length >> 1] ?? NaN;
}
