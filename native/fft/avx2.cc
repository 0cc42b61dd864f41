// AVX2 with FMA: two registers a bundle.
#include "fft/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

#include "simd/floats_avx2.h"

#include "fft/templates.inl"

}  // namespace

extern const FftKernels kAvx2FftKernels;
const FftKernels kAvx2FftKernels = fftKernelsOf<Avx2Floats>("avx2");

}  // namespace perifocal
#endif
