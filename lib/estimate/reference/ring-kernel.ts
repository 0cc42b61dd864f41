import { enlarge } from '../../psf/field.js';
import { disk } from '../../psf/shapes.js';
import { Pauses } from '../../runtime/pauses.js';
import type { KernelProblem } from './kernel-problem.js';
import { transferOf } from './patches.js';

/** Width of the rings that a kernel is made of, in pixels. */
const RING = 0.5;
/** Rounds over all rings; more change nothing at the fourth digit. */
const MOST_ROUNDS = 2000;
const LEAST_CHANGE = 1e-6;

/**
 * The kernel of rings about its centre, none of negative brightness, whose transfer is nearest to the one wanted:
 * non-negative least squares over the brightness of the rings (coordinate descent; Franc, Hlavac and Navara 2005). Each
 * ring covers pixels by exact area.
 */
export async function fitRings(problem: KernelProblem, pauses = new Pauses()): Promise<Float64Array> {
  const { plan, transfer, weights, radius } = problem;
  const side = 2 * radius + 1;
  const rings = drawRings(radius);
  const columns: Float32Array[] = [];
  // A ring equals itself turned by 180 degrees: its transform is real.
  for (const data of rings) columns.push((await transferOf(plan, { width: side, height: side, data })).re);
  const counts = weights.map(
    (weight, bin) => weight * (bin % plan.bins === 0 || 2 * (bin % plan.bins) === plan.length ? 1 : 2),
  );
  const dot = (a: Float32Array, b: Float32Array): number => {
    let sum = 0;
    for (let bin = 0; bin < counts.length; bin += 1) sum += counts[bin]! * a[bin]! * b[bin]!;
    return sum;
  };
  const matrix: number[][] = [];
  for (const [i, a] of columns.entries()) {
    if (pauses.isDue) await pauses.take();
    matrix.push(columns.slice(0, i + 1).map((b) => dot(a, b)));
  }
  const levels = minimise(
    matrix,
    columns.map((column) => dot(column, transfer.re)),
  );
  const taps = new Float64Array(side * side);
  rings.forEach((ring, index) => {
    ring.forEach((area, tap) => {
      taps[tap]! += levels[index]! * area;
    });
  });
  return taps;
}

/** The area of every ring in every pixel, from the centre outwards. */
function drawRings(radius: number): Float64Array[] {
  const side = 2 * radius + 1;
  let inner = new Float64Array(side * side);
  return Array.from({ length: Math.floor((radius - 0.5) / RING) }, (_, index) => {
    const outerRadius = (index + 1) * RING;
    const outer = enlarge(disk(outerRadius), side, side).data.map((weight) => weight * Math.PI * outerRadius ** 2);
    const ring = outer.map((area, tap) => area - inner[tap]!);
    inner = outer;
    return ring;
  });
}

/** Minimises x^T M x / 2 - v^T x over x >= 0. @param matrix the lower triangle of M, row by row */
function minimise(matrix: readonly (readonly number[])[], vector: readonly number[]): Float64Array {
  const at = (i: number, j: number): number => (i >= j ? matrix[i]![j]! : matrix[j]![i]!);
  const x = new Float64Array(vector.length);
  const gradient = Float64Array.from(vector, (value) => -value);
  for (let round = 0, change = Infinity; round < MOST_ROUNDS && change > LEAST_CHANGE; round += 1) {
    change = 0;
    for (let i = 0; i < x.length; i += 1) {
      const next = Math.max(0, x[i]! - gradient[i]! / at(i, i));
      const step = next - x[i]!;
      if (step === 0) continue;
      x[i] = next;
      for (let j = 0; j < x.length; j += 1) gradient[j]! += step * at(i, j);
      change = Math.max(change, Math.abs(step) / Math.max(next, 1e-9));
    }
  }
  return x;
}
