/** Jacobi sweeps converge quadratically; a dozen is far more than any matrix needs. */
const MAX_SWEEPS = 30;

/** Eigenvalues and unit eigenvectors, largest eigenvalue first. */
export interface EigenSystem {
  readonly values: readonly number[];
  readonly vectors: readonly (readonly number[])[];
}

/** Decomposes a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, algorithm 8.4.3). */
export function decomposeSymmetric(matrix: readonly (readonly number[])[]): EigenSystem {
  const a = matrix.map((row) => [...row]);
  const vectors = a.map((_, row) => a.map((__, column) => (row === column ? 1 : 0)));
  const total = Math.hypot(...a.flat());
  for (let sweep = 0; sweep < MAX_SWEEPS && offDiagonal(a) > 1e-14 * total; sweep += 1) {
    for (let p = 0; p < a.length - 1; p += 1) {
      for (let q = p + 1; q < a.length; q += 1) rotate(a, vectors, p, q);
    }
  }
  const order = a.map((_, index) => index).sort((i, j) => a[j]![j]! - a[i]![i]!);
  return { values: order.map((index) => a[index]![index]!), vectors: order.map((index) => vectors[index]!) };
}

function offDiagonal(a: readonly (readonly number[])[]): number {
  return Math.sqrt(
    a.reduce((sum, row, i) => sum + row.reduce((part, value, j) => part + (i === j ? 0 : value * value), 0), 0),
  );
}

/** Makes a[p][q] zero; the rows of `vectors` are the eigenvectors so far. */
function rotate(a: number[][], vectors: number[][], p: number, q: number): void {
  const apq = a[p]![q]!;
  if (apq === 0) return;
  const tau = (a[q]![q]! - a[p]![p]!) / (2 * apq);
  const t = (tau >= 0 ? 1 : -1) / (Math.abs(tau) + Math.hypot(1, tau));
  const c = 1 / Math.hypot(1, t);
  const s = t * c;
  for (const row of a) [row[p], row[q]] = [c * row[p]! - s * row[q]!, s * row[p]! + c * row[q]!];
  for (const matrix of [a, vectors]) {
    const [rowP, rowQ] = [matrix[p]!, matrix[q]!];
    for (let k = 0; k < rowP.length; k += 1)
      [rowP[k], rowQ[k]] = [c * rowP[k]! - s * rowQ[k]!, s * rowP[k]! + c * rowQ[k]!];
  }
}
