// AVX-512 BW without VNNI: exact 16-bit multiply-adds of two channels.
#include "kernels/template.h"

#if defined(__x86_64__)
#include <immintrin.h>

namespace perifocal {
namespace {

#include "kernels/isa/registers_x86_512.h"

struct Avx512 : Lanes512 {
  using Shape = Avx512Shape;
  using Act = Shape::Act;
  using Wgt = Shape::Wgt;

  PERIFOCAL_INLINE static Vec loadActivations(const Act* p, std::ptrdiff_t) { return splatFourBytes(p); }
  PERIFOCAL_INLINE static WgtVec loadWeights(const Wgt* p) { return _mm512_load_si512(p); }
  PERIFOCAL_INLINE static Vec dot(Vec sum, Vec act, WgtVec weights) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(act, weights));
  }
};

#include "kernels/templates.inl"

}  // namespace

extern const Kernels kAvx512Kernels;
const Kernels kAvx512Kernels = kernelsOf<Avx512>();

}  // namespace perifocal
#endif
