// Every float template on plain-array registers, to check those that this CPU cannot run.
#pragma once

#include <vector>

#include "fft/kernels.h"

namespace perifocal::checks {

/// The transforms of all SIMD float units of all architectures, under their own names.
std::vector<const FftKernels*> emulatedFftKernels();

}  // namespace perifocal::checks
