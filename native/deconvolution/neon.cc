// NEON: 4 floats.
#include "deconvolution/template.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace perifocal {
namespace {

#include "simd/floats_scalar.h"
#include "simd/floats_neon.h"

#include "deconvolution/math.inl"
#include "deconvolution/rows.inl"
#include "deconvolution/shrink.inl"
#include "deconvolution/columns.inl"

}  // namespace

extern const DeconvolutionKernels kNeonDeconvolutionKernels;
const DeconvolutionKernels kNeonDeconvolutionKernels = deconvolutionKernelsOf<NeonFloats>("neon");

}  // namespace perifocal
#endif
