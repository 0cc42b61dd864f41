// AVX-512: one register of 8 doubles.
#include "metrics/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

constexpr int kPartLanes = 8;
#include "simd/doubles.h"

PERIFOCAL_INLINE void takeRoots(Part& v) { v = reinterpret_cast<Part>(_mm512_sqrt_pd(reinterpret_cast<__m512d>(v))); }

#include "metrics/templates.inl"

}  // namespace

extern const MetricKernels kAvx512MetricKernels;
const MetricKernels kAvx512MetricKernels = metricKernels("avx512");

}  // namespace perifocal
#endif
