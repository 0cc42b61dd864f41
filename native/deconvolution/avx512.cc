// AVX-512: 16 floats.
#include "deconvolution/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

#include "simd/floats_avx512.h"
#include "simd/floats_scalar.h"

#include "deconvolution/templates.inl"

}  // namespace

extern const DeconvolutionKernels kAvx512DeconvolutionKernels;
const DeconvolutionKernels kAvx512DeconvolutionKernels = deconvolutionKernelsOf<Avx512Floats>("avx512");

}  // namespace perifocal
#endif
