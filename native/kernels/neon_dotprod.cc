// NEON with dot products: s8 x s8 of four channels.
#include "kernels/template.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace perifocal {
namespace {

#include "kernels/isa/registers_neon.h"

struct NeonDotprod : Lanes128 {
  using Shape = NeonDotprodShape;
  using Act = Shape::Act;
  using Wgt = Shape::Wgt;

  PERIFOCAL_INLINE static int8x16_t loadActivations(const Act* p, std::ptrdiff_t) { return splatFourBytes(p); }
  PERIFOCAL_INLINE static Vec dot(Vec sum, int8x16_t act, WgtVec weights) { return vdotq_s32(sum, weights, act); }
};

#include "kernels/templates.inl"

}  // namespace

extern const Kernels kNeonDotprodKernels;
const Kernels kNeonDotprodKernels = kernelsOf<NeonDotprod>();

}  // namespace perifocal
#endif
