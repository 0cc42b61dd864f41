// AVX-512: one register of 8 doubles.
#include "metrics/template.h"

#if defined(__x86_64__)
namespace perifocal {
namespace {

#include "simd/doubles.h"

#include "metrics/read.inl"
#include "metrics/smooth.inl"
#include "metrics/similarity.inl"
#include "metrics/table.inl"

}  // namespace

extern const MetricKernels kAvx512MetricKernels;
const MetricKernels kAvx512MetricKernels = metricKernels("avx512");

}  // namespace perifocal
#endif
