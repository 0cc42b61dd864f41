// Maximum-likelihood fit of stars that share one shape (star-sensor C.4).
#pragma once

#include <memory>
#include <vector>

#include "runtime/team.h"
#include "stars/star_pixels.h"

namespace perifocal {

struct FitRequest {
  StarPlane plane;
  std::vector<StarStart> starts;  ///< all that keep pixels from each other
  int first, count;               ///< of those that are fitted
  ProfileKind kind;
  ProfileShape shape;
  PixelNoise noise;
  bool isFree;  ///< whether the shape is fitted too
};

/// A star, fitted (lib/stars/fit.ts).
struct FittedStar {
  StarValues values;
  double xx, yy, xy;  ///< covariance of the place, the error of the shape included
  double bound;       ///< Cramer-Rao bound of the place, both axes together, for a known shape
  double fluxSigma;
  double chi2;    ///< per degree of freedom
  double misfit;  ///< StarPixels::misfit
  bool saturated;
};

struct FitResult {
  std::vector<FittedStar> stars;  ///< without those whose fit leaves their window or finds no flux
  ProfileShape shape;
  bool hasCovariance = false;  ///< of the shape
  SmallMatrix shapeCovariance;
};

/// The same bits for any number of threads.
FitResult fitStars(const FitRequest& request, const StarKernels& kernels, Team& team);

}  // namespace perifocal
