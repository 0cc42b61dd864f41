import { setImmediate } from 'node:timers/promises';
import { choleskyInverse } from '../../../lib/math/cholesky.js';

const MOST_STEPS = 60;

export interface LeastSquares {
  readonly values: Float64Array;
  /** Root mean square of the residuals. */
  readonly rms: number;
  /** Variances of the values, from residuals and curvature; empty where they are not determined. */
  readonly covariance: readonly number[];
}

/**
 * Levenberg and Marquardt's method with numerical derivatives, for a handful of unknowns of order 1 to 100. Lets other
 * work of the process in after every step.
 */
export async function fitLeastSquares(
  residuals: (values: Float64Array, out: Float64Array) => void,
  start: readonly number[],
  count: number,
): Promise<LeastSquares> {
  const side = start.length;
  let values = Float64Array.from(start);
  let current = new Float64Array(count);
  residuals(values, current);
  let cost = sumOfSquares(current);
  let damping = 1e-3;
  let system = linearise(residuals, values, current);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    await setImmediate();
    const inverse = choleskyInverse(
      system.normal.map((value, index) => (index % (side + 1) === 0 ? value * (1 + damping) : value)),
      side,
    );
    const moved =
      inverse === null
        ? values
        : values.map(
            (value, i) => value - system.slope.reduce((sum, slope, j) => sum + inverse[i * side + j]! * slope, 0),
          );
    const next = new Float64Array(count);
    residuals(moved, next);
    const found = sumOfSquares(next);
    if (inverse === null || !(found < cost)) {
      damping *= 10;
      if (damping > 1e8) break;
      continue;
    }
    const isDone = cost - found < 1e-10 * cost;
    [values, current, cost, damping] = [moved, next, found, Math.max(1e-12, damping / 10)];
    system = linearise(residuals, values, current);
    if (isDone) break;
  }
  const inverse = choleskyInverse(system.normal, side);
  const variance = cost / Math.max(1, count - side);
  return {
    values,
    rms: Math.sqrt(cost / count),
    covariance: inverse === null ? [] : start.map((_, i) => variance * inverse[i * (side + 1)]!),
  };
}

const sumOfSquares = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);

function linearise(
  residuals: (values: Float64Array, out: Float64Array) => void,
  values: Float64Array,
  current: Float64Array,
): { readonly normal: Float64Array; readonly slope: Float64Array } {
  const columns = Array.from(values, (value, index) => {
    const step = 1e-5 * Math.max(1, Math.abs(value));
    const shifted = values.slice();
    shifted[index] = value + step;
    const out = new Float64Array(current.length);
    residuals(shifted, out);
    return out.map((residual, row) => (residual - current[row]!) / step);
  });
  const product = (a: Float64Array, b: Float64Array): number =>
    a.reduce((sum, value, index) => sum + value * b[index]!, 0);
  const normal = Float64Array.from({ length: columns.length ** 2 }, (_, index) =>
    product(columns[Math.floor(index / columns.length)]!, columns[index % columns.length]!),
  );
  return { normal, slope: Float64Array.from(columns, (column) => product(column, current)) };
}
