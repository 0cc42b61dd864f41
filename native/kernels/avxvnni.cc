// AVX2 with AVX-VNNI: u8 x s8 dot products of four channels.
#include "kernels/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

#include "kernels/isa/registers_x86_256.h"

struct AvxVnni : Lanes256 {
  using Shape = AvxVnniShape;
  using Act = Shape::Act;
  using Wgt = Shape::Wgt;

  PERIFOCAL_INLINE static Vec loadActivations(const Act* p, std::ptrdiff_t) { return splatFourBytes(p); }
  PERIFOCAL_INLINE static WgtVec loadWeights(const Wgt* p) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
  }
  PERIFOCAL_INLINE static Vec dot(Vec sum, Vec act, WgtVec weights) {
    return _mm256_dpbusd_avx_epi32(sum, act, weights);
  }
  template <int>
  PERIFOCAL_INLINE static Vec multiplyAdd(Vec sum, Factors factors, Weights weights) {
    return _mm256_dpwssd_avx_epi32(sum, factors, weights);
  }
};

#include "kernels/templates.inl"

}  // namespace

extern const Kernels kAvxVnniKernels;
const Kernels kAvxVnniKernels = kernelsOf<AvxVnni>();

}  // namespace perifocal
#endif
