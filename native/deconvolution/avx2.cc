// AVX2 with FMA: 8 floats.
#include "deconvolution/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

#include "simd/floats_avx2.h"
#include "simd/floats_scalar.h"

#include "deconvolution/columns.inl"
#include "deconvolution/math.inl"
#include "deconvolution/rows.inl"
#include "deconvolution/shrink.inl"

}  // namespace

extern const DeconvolutionKernels kAvx2DeconvolutionKernels;
const DeconvolutionKernels kAvx2DeconvolutionKernels = deconvolutionKernelsOf<Avx2Floats>("avx2");

}  // namespace perifocal
#endif
