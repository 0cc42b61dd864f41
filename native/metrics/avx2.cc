// AVX2: two registers of 4 doubles.
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

extern const MetricKernels kAvx2MetricKernels;
const MetricKernels kAvx2MetricKernels = metricKernels("avx2");

}  // namespace perifocal
#endif
