// 8 floats of AVX2 with FMA. Include inside the unit's anonymous namespace, after <immintrin.h>.

struct Avx2Floats {
  using Vec = __m256;
  using Mask = __m256;
  static constexpr int kWidth = 8;

  PERIFOCAL_INLINE static Vec load(const float* p) { return _mm256_loadu_ps(p); }
  PERIFOCAL_INLINE static void store(float* p, Vec v) { _mm256_storeu_ps(p, v); }
  PERIFOCAL_INLINE static Vec splat(float x) { return _mm256_set1_ps(x); }
  /// a * b + c, rounded once
  PERIFOCAL_INLINE static Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
  /// c - a * b, rounded once
  PERIFOCAL_INLINE static Vec fnma(Vec a, Vec b, Vec c) { return _mm256_fnmadd_ps(a, b, c); }
  PERIFOCAL_INLINE static Vec sqrt(Vec v) { return _mm256_sqrt_ps(v); }
  /// 1 / v, relative error below 2^-11
  PERIFOCAL_INLINE static Vec reciprocalEstimate(Vec v) { return _mm256_rcp_ps(v); }
  PERIFOCAL_INLINE static Vec min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
  PERIFOCAL_INLINE static Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
  PERIFOCAL_INLINE static Mask less(Vec a, Vec b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
  PERIFOCAL_INLINE static bool any(Mask mask) { return _mm256_movemask_ps(mask) != 0; }
  PERIFOCAL_INLINE static Vec select(Mask mask, Vec ifSet, Vec ifClear) {
    return _mm256_blendv_ps(ifClear, ifSet, mask);
  }

  /// Lane c of vector r becomes lane r of vector c.
  PERIFOCAL_INLINE static void transpose(Vec (&v)[kWidth]) {
    halves(v[0], v[1], v[2], v[3]);
    halves(v[4], v[5], v[6], v[7]);
    exchange(v[0], v[4]);
    exchange(v[1], v[5]);
    exchange(v[2], v[6]);
    exchange(v[3], v[7]);
  }

 private:
  /// Transposes the two 4x4 blocks that lie side by side.
  PERIFOCAL_INLINE static void halves(Vec& a, Vec& b, Vec& c, Vec& d) {
    const __m256d ab = _mm256_castps_pd(_mm256_unpacklo_ps(a, b)), cd = _mm256_castps_pd(_mm256_unpacklo_ps(c, d));
    const __m256d abHigh = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
    const __m256d cdHigh = _mm256_castps_pd(_mm256_unpackhi_ps(c, d));
    a = _mm256_castpd_ps(_mm256_unpacklo_pd(ab, cd));
    b = _mm256_castpd_ps(_mm256_unpackhi_pd(ab, cd));
    c = _mm256_castpd_ps(_mm256_unpacklo_pd(abHigh, cdHigh));
    d = _mm256_castpd_ps(_mm256_unpackhi_pd(abHigh, cdHigh));
  }

  /// Exchanges the upper half of `a` with the lower half of `b`.
  PERIFOCAL_INLINE static void exchange(Vec& a, Vec& b) {
    const Vec low = _mm256_permute2f128_ps(a, b, 0x20);
    b = _mm256_permute2f128_ps(a, b, 0x31);
    a = low;
  }
};
