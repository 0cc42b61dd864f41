import { cross, scale, transpose } from '../../math/linear.js';
import type { Matrix3, Vector } from '../../math/linear.js';

/** Sweeps of one-sided Jacobi rotations; three columns need fewer than ten. */
const MOST_SWEEPS = 30;

/** A = U diag(1, 1, det U det V) V^T of B = U S V^T. @param b of rank 2 or 3 */
export function solveSvd(b: Matrix3): Matrix3 {
  const { left, right } = decompose(b);
  // The third pair only completes two right-handed frames: that is what the signs of the determinants do.
  const [u, v] = [completed(left), completed(right)];
  const entry = (i: number, j: number): number => u[0][i]! * v[0][j]! + u[1][i]! * v[1][j]! + u[2][i]! * v[2][j]!;
  const row = (i: number): Vector => [entry(i, 0), entry(i, 1), entry(i, 2)];
  return [row(0), row(1), row(2)];
}

function completed([a, b]: readonly [Vector, Vector]): Matrix3 {
  return [a, b, cross(a, b)];
}

/** The singular vectors of the two largest singular values, by Hestenes' rotations of columns. */
function decompose(b: Matrix3): {
  readonly left: readonly [Vector, Vector];
  readonly right: readonly [Vector, Vector];
} {
  const columns = transpose(b).map((column) => [...column]);
  const vectors = [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ];
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep += 1) {
    const turned = [
      [0, 1],
      [0, 2],
      [1, 2],
    ].map(([p, q]) => rotate(columns, vectors, p!, q!));
    if (!turned.includes(true)) break;
  }
  const order = [0, 1, 2].sort((i, j) => Math.hypot(...columns[j]!) - Math.hypot(...columns[i]!));
  const pick = (source: number[][], place: number): Vector => source[order[place]!] as unknown as Vector;
  const normal = (column: Vector): Vector => scale(column, 1 / Math.hypot(...column));
  return { left: [normal(pick(columns, 0)), normal(pick(columns, 1))], right: [pick(vectors, 0), pick(vectors, 1)] };
}

/** Makes two columns perpendicular; false where they are. */
function rotate(columns: number[][], vectors: number[][], p: number, q: number): boolean {
  const product = (a: number[], b: number[]): number => a.reduce((sum, value, index) => sum + value * b[index]!, 0);
  const [alpha, beta, gamma] = [
    product(columns[p]!, columns[p]!),
    product(columns[q]!, columns[q]!),
    product(columns[p]!, columns[q]!),
  ];
  if (Math.abs(gamma) <= 1e-17 * Math.sqrt(alpha * beta) || gamma === 0) return false;
  const zeta = (beta - alpha) / (2 * gamma);
  const t = (zeta >= 0 ? 1 : -1) / (Math.abs(zeta) + Math.hypot(1, zeta));
  const c = 1 / Math.hypot(1, t);
  const s = c * t;
  for (const matrix of [columns, vectors]) {
    const [a, b] = [matrix[p]!, matrix[q]!];
    matrix[p] = a.map((value, k) => c * value - s * b[k]!);
    matrix[q] = a.map((value, k) => s * value + c * b[k]!);
  }
  return true;
}
