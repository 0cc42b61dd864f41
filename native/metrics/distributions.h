// Generalised Gaussian distributions, fitted by moments: symmetric, and with a side of its own (Mittal et al. 2012).
#pragma once

#include "metrics/kernels.h"

namespace perifocal {

/// Sums over samples of one distribution.
struct Moments {
  double samples = 0;  ///< those that are 0 included
  double negativeSquares = 0, positiveSquares = 0;
  double magnitudes = 0;
  double negatives = 0, positives = 0;  ///< how many

  void add(const LaneMoments& sums);
};

/// Shape and variance; NaN, but for the shape (0.2), of samples that are all 0.
struct SymmetricFit {
  double alpha, variance;
};
SymmetricFit fitSymmetric(const Moments& moments);

/// Shape and standard deviations of both sides; the latter are NaN where a side has no sample, and alpha is then 0.2,
/// as in the authors' releases.
struct AsymmetricFit {
  double alpha, left, right;

  /// Gamma(1 / alpha) / Gamma(3 / alpha), Gamma(2 / alpha) / Gamma(1 / alpha)
  double spread() const;
  double skew() const;
};
AsymmetricFit fitAsymmetric(const Moments& moments);

}  // namespace perifocal
