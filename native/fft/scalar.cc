// Plain C++, any CPU.
#include "fft/template.h"

namespace perifocal {
namespace {

#include "simd/floats_scalar.h"

#include "fft/bundles.inl"
#include "fft/butterflies.inl"
#include "fft/passes.inl"

}  // namespace

extern const FftKernels kScalarFftKernels;
const FftKernels kScalarFftKernels = fftKernelsOf<ScalarFloats>("scalar");

}  // namespace perifocal
