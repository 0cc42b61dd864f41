import type { HalfSpectrum } from '../../fft/shape.js';
import type { Transform } from '../../fft/transform.js';

/** Weight of the split between gradients and picture: from twice the sparsity on, by this factor, to the last. */
const SPLIT_FACTOR = 2.5;
const LAST_SPLIT = 8;

/** Power of forward differences in both directions, at every bin of a plan. */
export function gradientPower({ length: columns, lines: rows, bins }: Transform): Float32Array {
  const power = (frequency: number, count: number): number => 4 * Math.sin((Math.PI * frequency) / count) ** 2;
  return Float32Array.from(
    { length: rows * bins },
    (_, bin) => power(bin % bins, columns) + power(Math.floor(bin / bins), rows),
  );
}

/**
 * The picture with few edges that, seen through a kernel, is nearest to the blurred one: min |k * u - v|^2 + sparsity x
 * number of pixels with a gradient, by half-quadratic splitting (Xu, Lu, Xu, Jia 2011; Xu, Zheng, Jia 2013).
 * @param blurred its spectrum
 */
export async function sharpen(
  plan: Transform,
  blurred: HalfSpectrum,
  transfer: HalfSpectrum,
  gradients: Float32Array,
  sparsity: number,
): Promise<HalfSpectrum> {
  const bins = blurred.re.length;
  const found: HalfSpectrum = { re: blurred.re.slice(), im: blurred.im.slice() };
  const edges: HalfSpectrum = { re: new Float32Array(bins), im: new Float32Array(bins) };
  const picture = new Float32Array(plan.lines * plan.length);
  const divergence = new Float32Array(picture.length);
  for (let split = 2 * sparsity; split < LAST_SPLIT; split *= SPLIT_FACTOR) {
    await plan.inverse(found, picture);
    keepEdges(plan, picture, sparsity / split, divergence);
    await plan.forward(divergence, edges);
    for (let bin = 0; bin < bins; bin += 1) {
      const [hr, hi, vr, vi] = [transfer.re[bin]!, transfer.im[bin]!, blurred.re[bin]!, blurred.im[bin]!];
      const scale = 1 / (hr * hr + hi * hi + split * gradients[bin]! + 1e-9);
      found.re[bin] = scale * (hr * vr + hi * vi + split * edges.re[bin]!);
      found.im[bin] = scale * (hr * vi - hi * vr + split * edges.im[bin]!);
    }
  }
  return found;
}

/**
 * Gradients whose square is above a threshold, through the transpose of differences; pictures go on at the opposite
 * edge.
 */
function keepEdges(
  { length: columns, lines: rows }: Transform,
  picture: Float32Array,
  threshold: number,
  divergence: Float32Array,
): void {
  divergence.fill(0);
  for (let y = 0; y < rows; y += 1) {
    const [row, below] = [y * columns, ((y + 1) % rows) * columns];
    for (let x = 0; x < columns; x += 1) {
      const next = x + 1 < columns ? x + 1 : 0;
      const right = picture[row + next]! - picture[row + x]!;
      const down = picture[below + x]! - picture[row + x]!;
      if (right * right + down * down <= threshold) continue;
      divergence[row + x]! -= right + down;
      divergence[row + next]! += right;
      divergence[below + x]! += down;
    }
  }
}
