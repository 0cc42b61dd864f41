// The instruction sets that this build knows, best first: list, query and choose them.
#pragma once

#include <string_view>
#include <vector>

#include "deconvolution/kernels.h"
#include "fft/kernels.h"
#include "kernels/kernels.h"
#include "metrics/kernels.h"
#include "stars/kernels.h"

namespace perifocal {

struct RegisteredIsa {
  const Kernels* kernels;
  const FftKernels* fft;
  const DeconvolutionKernels* deconvolution;
  const MetricKernels* metrics;
  const StarKernels* stars;
  bool supported;  ///< by this CPU and operating system
};

/// Every instruction set of this architecture, best first; scalar is always last and always supported.
const std::vector<RegisteredIsa>& registeredIsas();

/// The entry of that name, or null.
const RegisteredIsa* findIsa(std::string_view name);

}  // namespace perifocal
