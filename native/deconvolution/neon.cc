// NEON: 4 floats.
#include "deconvolution/template.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace perifocal {
namespace {

#include "simd/floats_neon.h"
#include "simd/floats_scalar.h"

#include "deconvolution/columns.inl"
#include "deconvolution/math.inl"
#include "deconvolution/rows.inl"
#include "deconvolution/shrink.inl"

}  // namespace

extern const DeconvolutionKernels kNeonDeconvolutionKernels;
const DeconvolutionKernels kNeonDeconvolutionKernels = deconvolutionKernelsOf<NeonFloats>("neon");

}  // namespace perifocal
#endif
