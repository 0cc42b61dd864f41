/** The inverse of a symmetric positive matrix, row by row, by Cholesky's decomposition; null where it is not positive. */
export function choleskyInverse(matrix: Float64Array, side: number): Float64Array | null {
  const factor = new Float64Array(side * side);
  for (let i = 0; i < side; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i * side + j]!;
      for (let k = 0; k < j; k += 1) sum -= factor[i * side + k]! * factor[j * side + k]!;
      if (i === j && !(sum > 1e-14 * Math.abs(matrix[i * side + i]!))) return null;
      factor[i * side + j] = i === j ? Math.sqrt(sum) : sum / factor[j * side + j]!;
    }
  }
  const inverse = new Float64Array(side * side);
  for (let column = 0; column < side; column += 1) {
    const x = new Float64Array(side);
    for (let i = 0; i < side; i += 1) {
      let sum = i === column ? 1 : 0;
      for (let k = 0; k < i; k += 1) sum -= factor[i * side + k]! * x[k]!;
      x[i] = sum / factor[i * side + i]!;
    }
    for (let i = side - 1; i >= 0; i -= 1) {
      let sum = x[i]!;
      for (let k = i + 1; k < side; k += 1) sum -= factor[k * side + i]! * x[k]!;
      x[i] = sum / factor[i * side + i]!;
    }
    for (let i = 0; i < side; i += 1) inverse[i * side + column] = x[i]!;
  }
  return inverse;
}
