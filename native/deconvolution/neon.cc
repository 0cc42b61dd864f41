// NEON: 4 floats.
#include "deconvolution/template.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace perifocal {
namespace {

#include "simd/floats_neon.h"
#include "simd/floats_scalar.h"

#include "deconvolution/templates.inl"

}  // namespace

extern const DeconvolutionKernels kNeonDeconvolutionKernels;
const DeconvolutionKernels kNeonDeconvolutionKernels = deconvolutionKernelsOf<NeonFloats>("neon");

}  // namespace perifocal
#endif
