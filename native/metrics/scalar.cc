// Plain C++: the registers that every CPU of the architecture has.
#include "metrics/template.h"

namespace perifocal {
namespace {

#include "simd/doubles.h"

#include "metrics/read.inl"
#include "metrics/smooth.inl"
#include "metrics/similarity.inl"
#include "metrics/table.inl"

}  // namespace

extern const MetricKernels kScalarMetricKernels;
const MetricKernels kScalarMetricKernels = metricKernels("scalar");

}  // namespace perifocal
