#include "checks/emulated_floats.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "fft/template.h"

namespace perifocal {
namespace {

#include "simd/floats_emulated.h"

#include "fft/butterflies.inl"
#include "fft/passes.inl"
#include "fft/bundles.inl"

const FftKernels kFft[] = {fftKernelsOf<EmulatedFloats<16>>("avx512"), fftKernelsOf<EmulatedFloats<8>>("avx2"),
                           fftKernelsOf<EmulatedFloats<4>>("neon")};

}  // namespace

std::vector<const FftKernels*> checks::emulatedFftKernels() {
  std::vector<const FftKernels*> all;
  for (const FftKernels& kernels : kFft) all.push_back(&kernels);
  return all;
}

}  // namespace perifocal
