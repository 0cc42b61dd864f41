import { davenportMatrix, matrixOf } from './davenport.js';
import type { Quaternion } from './davenport.js';
import type { Matrix3 } from '../../math/linear.js';

/** Newton's method starts at the eigenvalue that noise-free stars would have: the sum of the weights. */
const START = 1;
const MOST_STEPS = 50;
const RELATIVE_CHANGE = 1e-15;

/**
 * The largest root of K's characteristic polynomial by Newton's method, and its eigenvector as a column of the adjugate
 * of K - lambda: the largest column, so that no attitude is singular. The polynomial of close stars is rounded away to
 * 1e-8 rad; one Rayleigh quotient, wrong by the square of that, mends it.
 */
export function solveQuest(b: Matrix3): Matrix3 {
  const k = davenportMatrix(b);
  const q = eigenvector(k, largestRoot(k));
  return matrixOf(eigenvector(k, rayleigh(k, q)));
}

function eigenvector(k: number[][], lambda: number): Quaternion {
  const shifted = k.map((row, i) => row.map((value, j) => value - (i === j ? lambda : 0)));
  const columns = [0, 1, 2, 3].map((column) => [0, 1, 2, 3].map((row) => cofactor(shifted, row, column)));
  return columns.reduce((one, other) =>
    Math.hypot(...other) > Math.hypot(...one) ? other : one,
  ) as unknown as Quaternion;
}

function rayleigh(k: number[][], q: Quaternion): number {
  const image = k.map((row) => row.reduce((sum, value, index) => sum + value * q[index]!, 0));
  const size = q.reduce((sum, value) => sum + value * value, 0);
  return image.reduce((sum, value, index) => sum + value * q[index]!, 0) / size;
}

/** lambda^4 + c2 lambda^2 + c1 lambda + c0: K has trace 0. */
function largestRoot(k: number[][]): number {
  const squares = k.reduce((sum, row) => sum + row.reduce((part, value) => part + value * value, 0), 0);
  const c2 = -squares / 2;
  const c1 = -[0, 1, 2, 3].reduce((sum, index) => sum + cofactor(k, index, index), 0);
  const c0 = [0, 1, 2, 3].reduce((sum, column) => sum + k[0]![column]! * cofactor(k, 0, column), 0);
  let lambda = START;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const change =
      (((lambda * lambda + c2) * lambda + c1) * lambda + c0) / ((4 * lambda * lambda + 2 * c2) * lambda + c1);
    lambda -= change;
    if (!(Math.abs(change) > RELATIVE_CHANGE * Math.abs(lambda))) break;
  }
  return lambda;
}

function cofactor(m: number[][], row: number, column: number): number {
  const [a, b, c] = m
    .filter((_, index) => index !== row)
    .map((line) => line.filter((_, index) => index !== column)) as [number[], number[], number[]];
  const minor =
    a[0]! * (b[1]! * c[2]! - b[2]! * c[1]!) -
    a[1]! * (b[0]! * c[2]! - b[2]! * c[0]!) +
    a[2]! * (b[0]! * c[1]! - b[1]! * c[0]!);
  return (row + column) % 2 === 0 ? minor : -minor;
}
