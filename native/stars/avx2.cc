// AVX2: two registers of 4 doubles.
#include "stars/template.h"

#if defined(__x86_64__)

namespace perifocal {
namespace {

constexpr int kPartLanes = 4;
#include "simd/doubles.h"

#include "stars/templates.inl"

}  // namespace

extern const StarKernels kAvx2StarKernels;
const StarKernels kAvx2StarKernels = starKernels("avx2");

}  // namespace perifocal
#endif
