// Where a plane looks like a star: peaks of its correlation with a profile, tile by tile, so that everything stays in
// the cache and takes little memory.
#pragma once

#include <cstdint>
#include <vector>

#include "deconvolution/kernels.h"
#include "fft/kernels.h"
#include "runtime/status.h"
#include "runtime/team.h"
#include "stars/plane.h"
#include "stars/profile.h"

namespace perifocal {

struct Peak {
  std::uint32_t pixel;
  float response;  ///< sum over pixels of plane times profile
};

struct FilterRequest {
  StarPlane plane;  ///< 0 beyond its edges; invalid pixels count as they are: saturated stars are stars
  DrawnProfile profile;
  double limit;  ///< of responses
  double sigma;  ///< of responses to the noise of the sky, where neighbouring pixels have nothing in common
};

struct FoundPeaks {
  /// Off the edges, with responses above the limit and above those of their eight neighbours, sorted by place.
  std::vector<Peak> peaks;
  /// How many times as much responses deviate downwards, where no stars are, as they were to; 1 where by chance only.
  double spread = 1;
};

/// The same bits for any number of threads.
Status findPeaks(const FilterRequest& request, const FftKernels& fft, const DeconvolutionKernels& kernels, Team& team,
                 FoundPeaks& found);

}  // namespace perifocal
