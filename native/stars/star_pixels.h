// The pixels that tell of one star, and what they say of a model.
#pragma once

#include <vector>

#include "stars/arrow_system.h"
#include "stars/plane.h"
#include "stars/profile.h"

namespace perifocal {

/// Variance of a pixel: sky^2 + perFlux signal + (misfit signal)^2, in the plane's units.
struct PixelNoise {
  double sky;
  double perFlux;  ///< of shot noise: one electron; 0 where it is unknown
  double misfit;   ///< how far the profile may be from what stars look like, in parts
};

/// A place where a star is likely.
struct StarStart {
  double x, y, flux;
};

/// x, y, flux, background of a star.
struct StarValues {
  double x, y, flux, background;
};

class StarPixels {
 public:
  /// Valid pixels within `far` of a start that are not nearer to another one. @param star of the starts
  StarPixels(const StarPlane& plane, const std::vector<StarStart>& starts, int star, double far);

  int count() const { return count_; }
  /// Whether pixels were left out as saturated.
  bool saturated() const { return saturated_; }

  /// @param isFree whether the shape's numbers are unknowns too
  NormalEquations measure(const StarValues& values, const StarProfile& profile, const PixelNoise& noise, bool isFree,
                          const StarKernels& kernels) const;

  /// How far the light is from the model, beyond what noise does to it: squares of residuals over those of the model,
  /// both weighted with the profile, so that what is beside the star hardly counts. 0 where noise explains all.
  double misfit(const StarValues& values, const StarProfile& profile, const PixelNoise& noise) const;

 private:
  /// x, y and brightness of all pixels, padded.
  const double* list(int which) const { return lists_.data() + which * paddedPoints(count_); }

  int count_ = 0;
  bool saturated_ = false;
  std::vector<double> lists_;
};

}  // namespace perifocal
