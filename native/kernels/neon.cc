// Plain NEON: two s8 products per int16 lane, then pairwise accumulation.
#include "kernels/template.h"

#if defined(__aarch64__)
#include <arm_neon.h>

namespace perifocal {
namespace {

#include "kernels/isa/registers_neon.h"

struct Neon : Lanes128 {
  using Shape = NeonShape;
  using Act = Shape::Act;
  using Wgt = Shape::Wgt;

  /// Channels 0,1 four times, then channels 2,3 four times: the order of `pairSplit` weights.
  PERIFOCAL_INLINE static int8x16_t loadActivations(const Act* p, std::ptrdiff_t) {
    std::int16_t pairs[2];
    std::memcpy(pairs, p, sizeof pairs);
    return vreinterpretq_s8_s16(vcombine_s16(vdup_n_s16(pairs[0]), vdup_n_s16(pairs[1])));
  }
  PERIFOCAL_INLINE static Vec dot(Vec sum, int8x16_t act, WgtVec weights) {
    const int16x8_t first = vmull_s8(vget_low_s8(weights), vget_low_s8(act));
    return vpadalq_s16(sum, vmlal_high_s8(first, weights, act));
  }
};

#include "kernels/templates.inl"

}  // namespace

extern const Kernels kNeonKernels;
const Kernels kNeonKernels = kernelsOf<Neon>();

}  // namespace perifocal
#endif
