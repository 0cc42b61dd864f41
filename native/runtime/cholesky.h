// Cholesky's decomposition of small symmetric matrices, row by row, `side` entries a row.
#pragma once

#include <cmath>

namespace perifocal {

/// Element (i, j) less what the columns before j explain of it.
inline double reducedEntry(const double* factor, int side, int i, int j) {
  double sum = factor[i * side + j];
  for (int k = 0; k < j; ++k) sum -= factor[i * side + k] * factor[j * side + k];
  return sum;
}

/// Makes row `i` of a matrix one of its factor, but for the diagonal element, whose square is returned.
inline double factorRow(double* factor, int side, int i) {
  for (int j = 0; j < i; ++j) factor[i * side + j] = reducedEntry(factor, side, i, j) / factor[j * side + j];
  return reducedEntry(factor, side, i, i);
}

/// Solves L L^T x = x in place.
inline void substitute(const double* factor, int side, double* x) {
  for (int i = 0; i < side; ++i) {
    for (int k = 0; k < i; ++k) x[i] -= factor[i * side + k] * x[k];
    x[i] /= factor[i * side + i];
  }
  for (int i = side - 1; i >= 0; --i) {
    for (int k = i + 1; k < side; ++k) x[i] -= factor[k * side + i] * x[k];
    x[i] /= factor[i * side + i];
  }
}

}  // namespace perifocal
