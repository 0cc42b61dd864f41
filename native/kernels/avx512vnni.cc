// AVX-512 with VNNI: u8 x s8 dot products of four channels.
#include "kernels/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

#include "kernels/isa/registers_x86_512.h"

struct Avx512Vnni : Lanes512 {
  using Shape = Avx512VnniShape;
  using Act = Shape::Act;
  using Wgt = Shape::Wgt;

  PERIFOCAL_INLINE static Vec loadActivations(const Act* p, std::ptrdiff_t) { return splatFourBytes(p); }
  PERIFOCAL_INLINE static WgtVec loadWeights(const Wgt* p) { return _mm512_load_si512(p); }
  PERIFOCAL_INLINE static Vec dot(Vec sum, Vec act, WgtVec weights) { return _mm512_dpbusd_epi32(sum, act, weights); }
  template <int>
  PERIFOCAL_INLINE static Vec multiplyAdd(Vec sum, Factors factors, Weights weights) {
    return _mm512_dpwssd_epi32(sum, factors, weights);
  }
};

#include "kernels/templates.inl"

}  // namespace

extern const Kernels kAvx512VnniKernels;
const Kernels kAvx512VnniKernels = kernelsOf<Avx512Vnni>();

}  // namespace perifocal
#endif
