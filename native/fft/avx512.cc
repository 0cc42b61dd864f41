// AVX-512: one register a bundle.
#include "fft/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

#include "simd/floats_avx512.h"

#include "fft/templates.inl"

}  // namespace

extern const FftKernels kAvx512FftKernels;
const FftKernels kAvx512FftKernels = fftKernelsOf<Avx512Floats>("avx512");

}  // namespace perifocal
#endif
