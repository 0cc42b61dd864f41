// NEON: four registers of 2 doubles.
#include "metrics/template.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace perifocal {
namespace {

constexpr int kPartLanes = 2;
#include "simd/doubles.h"

PERIFOCAL_INLINE void takeRoots(Part& v) { v = reinterpret_cast<Part>(vsqrtq_f64(reinterpret_cast<float64x2_t>(v))); }

#include "metrics/templates.inl"

}  // namespace

extern const MetricKernels kNeonMetricKernels;
const MetricKernels kNeonMetricKernels = metricKernels("neon");

}  // namespace perifocal
#endif
