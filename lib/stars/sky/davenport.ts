import { decomposeSymmetric } from '../../psf/eigen.js';
import type { Matrix3, Vector } from '../../math/linear.js';

/** Davenport's 4x4 matrix K of B, for quaternions [x, y, z, w]. */
export function davenportMatrix(b: Matrix3): number[][] {
  const trace = b[0][0] + b[1][1] + b[2][2];
  const z: Vector = [b[1][2] - b[2][1], b[2][0] - b[0][2], b[0][1] - b[1][0]];
  const rows = b.map((row, i) => [...row.map((value, j) => value + b[j]![i]! - (i === j ? trace : 0)), z[i]!]);
  return [...rows, [...z, trace]];
}

/** [x, y, z, w] */
export type Quaternion = readonly [number, number, number, number];

/** The rotation of a quaternion of any length. */
export function matrixOf([x, y, z, w]: Quaternion): Matrix3 {
  const n = x * x + y * y + z * z + w * w;
  return [
    [(x * x - y * y - z * z + w * w) / n, (2 * (x * y + w * z)) / n, (2 * (x * z - w * y)) / n],
    [(2 * (x * y - w * z)) / n, (-x * x + y * y - z * z + w * w) / n, (2 * (y * z + w * x)) / n],
    [(2 * (x * z + w * y)) / n, (2 * (y * z - w * x)) / n, (-x * x - y * y + z * z + w * w) / n],
  ];
}

/** The quaternion is the eigenvector of K's largest eigenvalue. */
export function solveDavenport(b: Matrix3): Matrix3 {
  const [largest] = decomposeSymmetric(davenportMatrix(b)).vectors;
  return matrixOf(largest as unknown as Quaternion);
}
