// AVX2: two registers of 4 doubles.
#include "stars/template.h"

#if defined(__x86_64__)

namespace perifocal {
namespace {

constexpr int kPartLanes = 4;
#include "simd/doubles.h"

#include "stars/functions.inl"
#include "stars/lags.inl"
#include "stars/normal.inl"
#include "stars/streak.inl"
#include "stars/table.inl"

}  // namespace

extern const StarKernels kAvx2StarKernels;
const StarKernels kAvx2StarKernels = starKernels("avx2");

}  // namespace perifocal
#endif
