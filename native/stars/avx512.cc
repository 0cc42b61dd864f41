// AVX-512: one register of 8 doubles.
#include "stars/template.h"

#if defined(__x86_64__)

namespace perifocal {
namespace {

constexpr int kPartLanes = 8;
#include "simd/doubles.h"

#include "stars/templates.inl"

}  // namespace

extern const StarKernels kAvx512StarKernels;
const StarKernels kAvx512StarKernels = starKernels("avx512");

}  // namespace perifocal
#endif
