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

#include "metrics/gradient.inl"
#include "metrics/read.inl"
#include "metrics/scene.inl"
#include "metrics/similarity.inl"
#include "metrics/smooth.inl"
#include "metrics/table.inl"

}  // namespace

extern const MetricKernels kScalarMetricKernels;
const MetricKernels kScalarMetricKernels = metricKernels("scalar");

}  // namespace perifocal
