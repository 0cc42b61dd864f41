// How the power of a blurred, noisy image falls with frequency, and the scene's power law behind it:
// mean |Y|^2 = |H|^2 A rho^-p + sigma^2.
#pragma once

#include <vector>

#include "deconvolution/geometry.h"
#include "deconvolution/transfer.h"

namespace perifocal {

class RadialSpectrum {
 public:
  explicit RadialSpectrum(const Geometry& geometry);

  void clear();
  /// Every block of columns of the transform once; at the same time for different columns.
  void add(const ColumnBlock& block, const TransferFunction& transfer);
  /// nsr P of Wiener's filter, for noise of standard deviation `sigma`. An image without signal above its noise gives
  /// the largest nsr, 1.
  SignalFit fit(double sigma, SignalPrior prior) const;

 private:
  static constexpr int kRings = 64;  ///< of equal width, up to 1/2 cycle per pixel
  struct Ring {
    double power, transfer, count;
  };

  Ring ring(int index) const;

  Geometry geometry_;
  std::vector<Ring> groups_;  ///< kRings of every group of columns
};

}  // namespace perifocal
