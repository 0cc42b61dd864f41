#include "checks/emulated_floats.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iterator>
#include <utility>

#include "deconvolution/template.h"
#include "fft/template.h"
#include "isa/registry.h"

namespace perifocal {
namespace {

#include "simd/floats_emulated.h"
#include "simd/floats_scalar.h"

#include "deconvolution/templates.inl"
#include "fft/templates.inl"

const FftKernels kFft[] = {fftKernelsOf<EmulatedFloats<16>>("avx512"), fftKernelsOf<EmulatedFloats<8>>("avx2"),
                           fftKernelsOf<EmulatedFloats<4>>("neon")};
const DeconvolutionKernels kDeconvolution[] = {deconvolutionKernelsOf<EmulatedFloats<16>>("avx512"),
                                               deconvolutionKernelsOf<EmulatedFloats<8>>("avx2"),
                                               deconvolutionKernelsOf<EmulatedFloats<4>>("neon")};

}  // namespace

std::vector<const FftKernels*> checks::emulatedFftKernels() {
  std::vector<const FftKernels*> all;
  for (const FftKernels& kernels : kFft) all.push_back(&kernels);
  return all;
}

std::vector<checks::FloatUnit> checks::nativeFloatUnits() {
  std::vector<FloatUnit> units;
  for (const RegisteredIsa& isa : registeredIsas()) {
    const bool known = std::any_of(units.begin(), units.end(), [&](const FloatUnit& u) { return u.fft == isa.fft; });
    if (isa.supported && !known) units.push_back({isa.fft, isa.deconvolution});
  }
  return units;
}

std::vector<checks::FloatUnit> checks::emulatedFloatUnits() {
  const std::vector<FloatUnit> native = nativeFloatUnits();
  std::vector<FloatUnit> units;
  for (std::size_t i = 0; i < std::size(kFft); ++i) {
    const bool known = std::any_of(native.begin(), native.end(), [&](const FloatUnit& unit) {
      return std::strcmp(unit.deconvolution->name, kDeconvolution[i].name) == 0;
    });
    if (!known) units.push_back({&kFft[i], &kDeconvolution[i]});
  }
  return units;
}

}  // namespace perifocal
