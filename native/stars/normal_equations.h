// Small systems of normal equations.
#pragma once

#include "stars/kernels.h"

namespace perifocal {

/// Up to kMostUnknowns rows, row by row, `side` of them used.
struct SmallMatrix {
  double entries[kMostUnknowns * kMostUnknowns] = {};
  int side = 0;

  double& at(int i, int j) { return entries[i * side + j]; }
  double at(int i, int j) const { return entries[i * side + j]; }
};

/// The diagonal times 1 + damping (Marquardt 1963).
SmallMatrix damped(const SmallMatrix& matrix, double damping);

/// By Cholesky's decomposition; false where the matrix is not positive.
bool invert(const SmallMatrix& matrix, SmallMatrix& inverse);

/// What pixels say of a model with so many unknowns.
struct NormalEquations {
  SmallMatrix products;
  double rights[kMostUnknowns] = {};
  double squares = 0;  ///< of residuals over variances
  double logs = 0;     ///< of variances over the sky's

  /// Twice the negative logarithm of the likelihood.
  double cost() const { return squares + logs; }
};

NormalEquations equationsOf(const NormalSums& sums, int unknowns);

}  // namespace perifocal
