// NEON: four registers of 2 doubles.
#include "stars/template.h"

#if defined(__aarch64__)

namespace perifocal {
namespace {

constexpr int kPartLanes = 2;
#include "simd/doubles.h"

#include "stars/templates.inl"

}  // namespace

extern const StarKernels kNeonStarKernels;
const StarKernels kNeonStarKernels = starKernels("neon");

}  // namespace perifocal
#endif
