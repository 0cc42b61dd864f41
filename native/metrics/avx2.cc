// AVX2: two registers of 4 doubles.
#include "metrics/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

constexpr int kPartLanes = 4;
#include "simd/doubles.h"

PERIFOCAL_INLINE void takeRoots(Part& v) { v = reinterpret_cast<Part>(_mm256_sqrt_pd(reinterpret_cast<__m256d>(v))); }

#include "metrics/templates.inl"

}  // namespace

extern const MetricKernels kAvx2MetricKernels;
const MetricKernels kAvx2MetricKernels = metricKernels("avx2");

}  // namespace perifocal
#endif
