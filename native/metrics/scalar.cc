// Plain C++: the registers that every CPU of the architecture has.
#include "metrics/template.h"

namespace perifocal {
namespace {

constexpr int kPartLanes = 2;
#include "simd/doubles.h"

/// Lane by lane: registers have other names on every architecture.
PERIFOCAL_INLINE void takeRoots(Part& v) {
  for (int lane = 0; lane < kPartLanes; ++lane) v[lane] = __builtin_sqrt(v[lane]);
}

#include "metrics/templates.inl"

}  // namespace

extern const MetricKernels kScalarMetricKernels;
const MetricKernels kScalarMetricKernels = metricKernels("scalar");

}  // namespace perifocal
