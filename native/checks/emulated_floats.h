// Every float template on plain-array registers, to check those that this CPU cannot run.
#pragma once

#include <vector>

#include "deconvolution/kernels.h"
#include "fft/kernels.h"

namespace perifocal::checks {

/// The transforms of all SIMD float units of all architectures, under their own names.
std::vector<const FftKernels*> emulatedFftKernels();

/// The float kernels of one instruction set.
struct FloatUnit {
  const FftKernels* fft;
  const DeconvolutionKernels* deconvolution;
};

/// Those that this CPU can run, best first; and, emulated, those that it cannot.
std::vector<FloatUnit> nativeFloatUnits();
std::vector<FloatUnit> emulatedFloatUnits();

}  // namespace perifocal::checks
