// NEON: four registers of 2 doubles.
#include "metrics/template.h"

#if defined(__aarch64__)
namespace perifocal {
namespace {

#include "simd/doubles.h"

#include "metrics/read.inl"
#include "metrics/smooth.inl"
#include "metrics/similarity.inl"
#include "metrics/table.inl"

}  // namespace

extern const MetricKernels kNeonMetricKernels;
const MetricKernels kNeonMetricKernels = metricKernels("neon");

}  // namespace perifocal
#endif
