// AVX2: exact 16-bit multiply-adds of two channels. Include inside the unit's anonymous namespace.

#include "kernels/isa/registers_x86_256.h"

struct Avx2 : Lanes256 {
  using Shape = Avx2Shape;
  using Act = Shape::Act;
  using Wgt = Shape::Wgt;

  PERIFOCAL_INLINE static Vec loadActivations(const Act* p, std::ptrdiff_t) { return splatFourBytes(p); }
  PERIFOCAL_INLINE static WgtVec loadWeights(const Wgt* p) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
  }
  PERIFOCAL_INLINE static Vec dot(Vec sum, Vec act, WgtVec weights) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(act, weights));
  }
};
