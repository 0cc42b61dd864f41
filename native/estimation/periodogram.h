// The mean power spectrum of blocks of an image (Welch 1967): it tells noise and blur.
#pragma once

#include <cstdint>
#include <vector>

#include "fft/kernels.h"
#include "image/sample_window.h"
#include "runtime/status.h"
#include "runtime/team.h"

namespace perifocal {

struct PeriodogramRequest {
  SourceWindow window;
  int side;                            ///< of the square blocks
  std::vector<std::uint32_t> corners;  ///< left and top of every block, in turn
  double mostClipped;                  ///< blocks with a larger part of samples at 0 or full scale are left out
};

struct Periodogram {
  std::vector<double> power;  ///< side x (side / 2 + 1) bins; white noise of variance 1 has 1 in each
  int blocks = 0;             ///< that were fit; 0: the power means nothing
};

/// Blocks without their means, under a Hann window. Those with samples that are no numbers are left out.
Status measurePeriodogram(const PeriodogramRequest& request, const FftKernels& kernels, const Team& team,
                          Periodogram& found);

}  // namespace perifocal
