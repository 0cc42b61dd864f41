import type { Pauses } from '../../runtime/pauses.js';
import type { AnyFrame } from '../frame.js';
import { copySamples } from '../frame.js';
import { colourPlanes } from '../planes.js';
import { typeScale } from '../samples.js';

/** Sweeps of Gauss and Seidel at each scale: the scale before has settled what is coarser. */
const SWEEPS = 12;

/** One plane at one scale; `known` is 0 where the value is to be found. */
interface Level {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
  readonly known: Uint8Array;
}

/** Bytes that filling takes besides the filled frame. */
export function fillBytes({ width, height }: Pick<AnyFrame, 'width' | 'height'>): number {
  // Values and marks of the plane, and of all scales below it, which add a third; sides are rounded up.
  return Math.ceil(((4 + 1) * width * height * 4) / 3) + 64 * (width + height);
}

/**
 * A copy of a frame whose missing pixels continue the others without an edge: each is the mean of its neighbours, as
 * a membrane that is held by the pixels that are there (Laplace's equation), solved from coarse to fine.
 */
export async function fillMissing(frame: AnyFrame, valid: Uint8Array, pauses: Pauses): Promise<AnyFrame> {
  const { width, height, channels } = frame;
  const data = copySamples(frame.data);
  const most = frame.depth === 32 ? Infinity : typeScale(frame);
  for (let band = 0; band < colourPlanes(frame); band += 1) {
    const values = new Float32Array(width * height);
    for (let pixel = 0; pixel < values.length; pixel += 1)
      values[pixel] = valid[pixel] === 0 ? 0 : frame.data[pixel * channels + band]!;
    await pauses.take();
    await solve({ width, height, values, known: valid }, pauses);
    const isWhole = most !== Infinity;
    for (let pixel = 0; pixel < values.length; pixel += 1) {
      if (valid[pixel] === 0) data[pixel * channels + band] = isWhole ? Math.round(values[pixel]!) : values[pixel]!;
    }
    await pauses.take();
  }
  return { ...frame, data } as AnyFrame;
}

/** Finds the values that are not known. */
async function solve(level: Level, pauses: Pauses): Promise<void> {
  if (pauses.isDue) await pauses.take();
  if (!level.known.includes(0)) return;
  const coarse = shrink(level);
  if (level.width > 1 || level.height > 1) await solve(coarse, pauses);
  spread(coarse, level);
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    if (pauses.isDue) await pauses.take();
    relax(level);
  }
}

/** Half as large: means of the known values of two by two. */
function shrink({ width, height, values, known }: Level): Level {
  const [columns, rows] = [Math.ceil(width / 2), Math.ceil(height / 2)];
  const coarse = {
    width: columns,
    height: rows,
    values: new Float32Array(columns * rows),
    known: new Uint8Array(columns * rows),
  };
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      let [sum, count] = [0, 0];
      for (let y = 2 * row; y < Math.min(height, 2 * row + 2); y += 1) {
        for (let x = 2 * column; x < Math.min(width, 2 * column + 2); x += 1) {
          if (known[y * width + x] === 0) continue;
          sum += values[y * width + x]!;
          count += 1;
        }
      }
      if (count === 0) continue;
      coarse.values[row * columns + column] = sum / count;
      coarse.known[row * columns + column] = 1;
    }
  }
  return coarse;
}

/** A first guess of what is not known, from half the size. */
function spread(coarse: Level, { width, height, values, known }: Level): void {
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      if (known[at] === 0) values[at] = coarse.values[(y >> 1) * coarse.width + (x >> 1)]!;
    }
  }
}

/** Each unknown value becomes the mean of its neighbours; at a side of the frame there are fewer. */
function relax({ width, height, values, known }: Level): void {
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      if (known[at] !== 0) continue;
      let [sum, count] = [0, 0];
      if (x > 0) [sum, count] = [sum + values[at - 1]!, count + 1];
      if (x + 1 < width) [sum, count] = [sum + values[at + 1]!, count + 1];
      if (y > 0) [sum, count] = [sum + values[at - width]!, count + 1];
      if (y + 1 < height) [sum, count] = [sum + values[at + width]!, count + 1];
      if (count > 0) values[at] = sum / count;
    }
  }
}
