// Plain C++, any CPU.
#include "fft/template.h"

namespace perifocal {
namespace {

#include "simd/floats_scalar.h"

#include "fft/templates.inl"

}  // namespace

extern const FftKernels kScalarFftKernels;
const FftKernels kScalarFftKernels = fftKernelsOf<ScalarFloats>("scalar");

}  // namespace perifocal
