// Length and angle of trails from their autocorrelation (kernel-estimation 5).
#pragma once

#include "runtime/team.h"
#include "stars/autocorrelation.h"
#include "stars/kernels.h"

namespace perifocal {

struct TrailFit {
  double length, angle, sigma;     ///< pixels, radians anticlockwise
  double misfit;                   ///< root mean square residual over that of nothing; Infinity: no fit
  double lengthSigma, angleSigma;  ///< Infinity: not determined
};

/// Fits the autocorrelation of a moving Gaussian star to all lags near a trail but lag 0, which the noise has. The same
/// bits for any number of threads. @param longest trail in pixels
TrailFit fitTrail(const Autocorrelation& correlation, double longest, const StarKernels& kernels, Team& team);

}  // namespace perifocal
