// AVX2 with FMA: 8 floats.
#include "deconvolution/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

#include "simd/floats_avx2.h"
#include "simd/floats_scalar.h"

#include "deconvolution/templates.inl"

}  // namespace

extern const DeconvolutionKernels kAvx2DeconvolutionKernels;
const DeconvolutionKernels kAvx2DeconvolutionKernels = deconvolutionKernelsOf<Avx2Floats>("avx2");

}  // namespace perifocal
#endif
