// 16 floats of AVX-512 (F, DQ). Include inside the unit's anonymous namespace, after <immintrin.h>.

struct Avx512Floats {
  using Vec = __m512;
  using Mask = __mmask16;
  static constexpr int kWidth = 16;

  PERIFOCAL_INLINE static Vec load(const float* p) { return _mm512_loadu_ps(p); }
  PERIFOCAL_INLINE static void store(float* p, Vec v) { _mm512_storeu_ps(p, v); }
  PERIFOCAL_INLINE static Vec splat(float x) { return _mm512_set1_ps(x); }
  /// a * b + c, rounded once
  PERIFOCAL_INLINE static Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
  /// c - a * b, rounded once
  PERIFOCAL_INLINE static Vec fnma(Vec a, Vec b, Vec c) { return _mm512_fnmadd_ps(a, b, c); }
  PERIFOCAL_INLINE static Vec sqrt(Vec v) { return _mm512_sqrt_ps(v); }
  /// 1 / v, relative error below 2^-13
  PERIFOCAL_INLINE static Vec reciprocalEstimate(Vec v) { return _mm512_rcp14_ps(v); }
  PERIFOCAL_INLINE static Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
  PERIFOCAL_INLINE static Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
  PERIFOCAL_INLINE static Mask less(Vec a, Vec b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
  PERIFOCAL_INLINE static bool any(Mask mask) { return mask != 0; }
  PERIFOCAL_INLINE static Vec select(Mask mask, Vec ifSet, Vec ifClear) {
    return _mm512_mask_blend_ps(mask, ifClear, ifSet);
  }

  /// Lane c of vector r becomes lane r of vector c.
  PERIFOCAL_INLINE static void transpose(Vec (&v)[kWidth]) {
    quarters(v[0], v[1], v[2], v[3]);
    quarters(v[4], v[5], v[6], v[7]);
    quarters(v[8], v[9], v[10], v[11]);
    quarters(v[12], v[13], v[14], v[15]);
    blocks(v[0], v[4], v[8], v[12]);
    blocks(v[1], v[5], v[9], v[13]);
    blocks(v[2], v[6], v[10], v[14]);
    blocks(v[3], v[7], v[11], v[15]);
  }

 private:
  /// Transposes the four 4x4 blocks that lie side by side.
  PERIFOCAL_INLINE static void quarters(Vec& a, Vec& b, Vec& c, Vec& d) {
    const __m512d ab = _mm512_castps_pd(_mm512_unpacklo_ps(a, b)), cd = _mm512_castps_pd(_mm512_unpacklo_ps(c, d));
    const __m512d abHigh = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
    const __m512d cdHigh = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
    a = _mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd));
    b = _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd));
    c = _mm512_castpd_ps(_mm512_unpacklo_pd(abHigh, cdHigh));
    d = _mm512_castpd_ps(_mm512_unpackhi_pd(abHigh, cdHigh));
  }

  /// Transposes a 4x4 arrangement of 128-bit blocks.
  PERIFOCAL_INLINE static void blocks(Vec& a, Vec& b, Vec& c, Vec& d) {
    const Vec abLow = _mm512_shuffle_f32x4(a, b, 0x44), abHigh = _mm512_shuffle_f32x4(a, b, 0xee);
    const Vec cdLow = _mm512_shuffle_f32x4(c, d, 0x44), cdHigh = _mm512_shuffle_f32x4(c, d, 0xee);
    a = _mm512_shuffle_f32x4(abLow, cdLow, 0x88);
    b = _mm512_shuffle_f32x4(abLow, cdLow, 0xdd);
    c = _mm512_shuffle_f32x4(abHigh, cdHigh, 0x88);
    d = _mm512_shuffle_f32x4(abHigh, cdHigh, 0xdd);
  }
};
