// The standard deviation of noise, from one image (Immerkaer 1996): a Laplacian that no plane or edge answers to.
#pragma once

#include "image/sample_window.h"
#include "runtime/team.h"

namespace perifocal {

struct NoiseRequest {
  SourceWindow window;
  int width, height;
  int left, top;     ///< of the window in its frame, whose 8x8 blocks count from its corner
  float saturation;  ///< samples at or above, and those at 0, are left out with their neighbours
  bool jpeg;         ///< leave out what touches block borders
  bool useMedian;    ///< of the absolute Laplacian, instead of its mean
};

struct NoiseEstimate {
  double sigma = 0;
  std::int64_t pixels = 0;  ///< places that it comes from; 0: none, and sigma means nothing
};

/// Incomplete once the team is cancelled.
NoiseEstimate estimateNoise(const NoiseRequest& request, const Team& team);

}  // namespace perifocal
