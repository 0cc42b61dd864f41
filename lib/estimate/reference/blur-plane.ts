import type { HalfSpectrum } from '../../fft/shape.js';
import type { Transform } from '../../fft/transform.js';
import type { Pauses } from '../../runtime/pauses.js';
import { createScratch, multiply } from './patches.js';
import type { Plane } from '../../image/planes.js';

/**
 * A plane seen through a kernel, by overlapping squares of the plan (overlap-save), into `out`, which may not be the
 * plane. Beyond its edges, and where unknown, the plane counts as its mean about there; what it does not know is
 * unknown in the result.
 * @param reach of the kernels from their centres, in pixels
 * @param transferAt the transfer function, on the plan's grid, at a place, 0 to 1
 */
export async function blurPlane(
  plan: Transform,
  plane: Plane,
  transferAt: (x: number, y: number) => Promise<HalfSpectrum>,
  reach: number,
  out: Float32Array,
  pauses: Pauses,
): Promise<void> {
  const { width, height, data } = plane;
  const side = plan.length;
  const step = side - 2 * reach;
  const { values, spectrum } = createScratch(plan);
  for (let top = 0; top < height; top += step) {
    for (let left = 0; left < width; left += step) {
      if (pauses.isDue) await pauses.take();
      readSquare(plane, left - reach, top - reach, side, values);
      const transfer = await transferAt(Math.min(1, (left + step / 2) / width), Math.min(1, (top + step / 2) / height));
      await plan.inverse(multiply(await plan.forward(values, spectrum), transfer), values);
      const columns = Math.min(step, width - left);
      for (let y = top; y < Math.min(height, top + step); y += 1) {
        const from = (y - top + reach) * side + reach;
        for (let x = 0, at = y * width + left; x < columns; x += 1, at += 1)
          out[at] = Number.isFinite(data[at]!) ? values[from + x]! : NaN;
      }
    }
  }
}

function readSquare(
  { width, height, data }: Plane,
  left: number,
  top: number,
  side: number,
  values: Float32Array,
): void {
  let [sum, count] = [0, 0];
  values.fill(NaN);
  for (let y = Math.max(0, -top); y < Math.min(side, height - top); y += 1) {
    for (let x = Math.max(0, -left); x < Math.min(side, width - left); x += 1) {
      const value = data[(top + y) * width + left + x]!;
      if (!Number.isFinite(value)) continue;
      values[y * side + x] = value;
      sum += value;
      count += 1;
    }
  }
  const mean = sum / Math.max(count, 1);
  for (let index = 0; index < values.length; index += 1) if (!Number.isFinite(values[index]!)) values[index] = mean;
}
