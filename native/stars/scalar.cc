// Plain C++: the registers that every CPU of the architecture has.
#include "stars/template.h"

namespace perifocal {
namespace {

constexpr int kPartLanes = 2;
#include "simd/doubles.h"

#include "stars/templates.inl"

}  // namespace

extern const StarKernels kScalarStarKernels;
const StarKernels kScalarStarKernels = starKernels("scalar");

}  // namespace perifocal
