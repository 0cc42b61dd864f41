/** Cholesky's decomposition of small symmetric matrices, row by row. */

/** A pivot smaller than this part of its diagonal is rounding: the matrix is not positive definite. */
const LEAST_PIVOT = 1e-14;

/** The inverse of a symmetric positive definite matrix; null where it is not positive definite. */
export function choleskyInverse(matrix: Float64Array, side: number): Float64Array | null {
  return new CholeskyInverter(side).invert(matrix);
}

/** Inverts many symmetric matrices of one size in the same memory. */
export class CholeskyInverter {
  readonly #side: number;
  readonly #factor: Float64Array;
  readonly #column: Float64Array;
  readonly #inverse: Float64Array;

  constructor(side: number) {
    this.#side = side;
    this.#factor = new Float64Array(side * side);
    this.#column = new Float64Array(side);
    this.#inverse = new Float64Array(side * side);
  }

  /** The inverse, good until the next; null where the matrix is not positive definite. */
  invert(matrix: Float64Array): Float64Array | null {
    const [side, factor, column, inverse] = [this.#side, this.#factor, this.#column, this.#inverse];
    factor.set(matrix);
    for (let i = 0; i < side; i += 1) {
      const pivot = factorRow(factor, side, i);
      if (!(pivot > LEAST_PIVOT * Math.abs(matrix[i * side + i]!))) return null;
      factor[i * side + i] = Math.sqrt(pivot);
    }
    for (let index = 0; index < side; index += 1) {
      column.fill(0);
      column[index] = 1;
      substitute(factor, side, column);
      for (let i = 0; i < side; i += 1) inverse[i * side + index] = column[i]!;
    }
    return inverse;
  }
}

/** x of `matrix` x = `vector` for a symmetric matrix that is positive but for rounding. The matrix is overwritten. */
export function choleskySolve(matrix: Float64Array, vector: Float64Array): Float64Array {
  const side = vector.length;
  for (let i = 0; i < side; i += 1) matrix[i * side + i] = Math.sqrt(Math.max(factorRow(matrix, side, i), 1e-300));
  const x = vector.slice();
  substitute(matrix, side, x);
  return x;
}

/** Makes row `i` one of the factor, but for its diagonal element, whose square is returned. */
function factorRow(factor: Float64Array, side: number, i: number): number {
  for (let j = 0; j < i; j += 1) factor[i * side + j] = reduced(factor, side, i, j) / factor[j * side + j]!;
  return reduced(factor, side, i, i);
}

/** An element less what the columns before explain of it. */
function reduced(factor: Float64Array, side: number, i: number, j: number): number {
  let sum = factor[i * side + j]!;
  for (let k = 0; k < j; k += 1) sum -= factor[i * side + k]! * factor[j * side + k]!;
  return sum;
}

/** Solves L L^T x = x in place. */
function substitute(factor: Float64Array, side: number, x: Float64Array): void {
  for (let i = 0; i < side; i += 1) {
    for (let k = 0; k < i; k += 1) x[i]! -= factor[i * side + k]! * x[k]!;
    x[i]! /= factor[i * side + i]!;
  }
  for (let i = side - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < side; k += 1) x[i]! -= factor[k * side + i]! * x[k]!;
    x[i]! /= factor[i * side + i]!;
  }
}
