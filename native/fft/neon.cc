// NEON: four registers a bundle.
#include "fft/template.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace perifocal {
namespace {

#include "simd/floats_neon.h"

#include "fft/templates.inl"

}  // namespace

extern const FftKernels kNeonFftKernels;
const FftKernels kNeonFftKernels = fftKernelsOf<NeonFloats>("neon");

}  // namespace perifocal
#endif
