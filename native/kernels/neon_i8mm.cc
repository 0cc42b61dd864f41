// NEON with i8mm: 2 pixels x 2 channels x 8 input channels per smmla.
#include "kernels/template.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace perifocal {
namespace {

#include "kernels/isa/registers_neon.h"

struct NeonI8mm : Lanes128 {
  using Shape = NeonI8mmShape;
  using Act = Shape::Act;
  using Wgt = Shape::Wgt;

  PERIFOCAL_INLINE static int8x16_t loadActivations(const Act* p, std::ptrdiff_t stride) {
    return vcombine_s8(vld1_s8(p), vld1_s8(p + stride));
  }
  PERIFOCAL_INLINE static Vec loadBias(const std::int32_t* p) {
    const int32x2_t pair = vld1_s32(p);
    return vcombine_s32(pair, pair);
  }
  PERIFOCAL_INLINE static Vec dot(Vec sum, int8x16_t act, WgtVec weights) { return vmmlaq_s32(sum, act, weights); }
  PERIFOCAL_INLINE static void storeSums(std::int32_t* out, std::ptrdiff_t pixelStride, Vec v) {
    vst1_s32(out, vget_low_s32(v));
    vst1_s32(out + pixelStride, vget_high_s32(v));
  }
};

#include "kernels/templates.inl"

}  // namespace

extern const Kernels kNeonI8mmKernels;
const Kernels kNeonI8mmKernels = kernelsOf<NeonI8mm>();

}  // namespace perifocal
#endif
