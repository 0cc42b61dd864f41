// 4 floats of NEON. Include inside the unit's anonymous namespace, after <arm_neon.h>.

struct NeonFloats {
  using Vec = float32x4_t;
  using Mask = uint32x4_t;
  static constexpr int kWidth = 4;

  PERIFOCAL_INLINE static Vec load(const float* p) { return vld1q_f32(p); }
  PERIFOCAL_INLINE static void store(float* p, Vec v) { vst1q_f32(p, v); }
  PERIFOCAL_INLINE static Vec splat(float x) { return vdupq_n_f32(x); }
  /// a * b + c, rounded once
  PERIFOCAL_INLINE static Vec fma(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
  /// c - a * b, rounded once
  PERIFOCAL_INLINE static Vec fnma(Vec a, Vec b, Vec c) { return vfmsq_f32(c, a, b); }
  PERIFOCAL_INLINE static Vec sqrt(Vec v) { return vsqrtq_f32(v); }
  /// 1 / v, relative error below 2^-14
  PERIFOCAL_INLINE static Vec reciprocalEstimate(Vec v) {
    const Vec estimate = vrecpeq_f32(v);
    return vmulq_f32(vrecpsq_f32(v, estimate), estimate);
  }
  PERIFOCAL_INLINE static Vec min(Vec a, Vec b) { return vminq_f32(a, b); }
  PERIFOCAL_INLINE static Vec max(Vec a, Vec b) { return vmaxq_f32(a, b); }
  PERIFOCAL_INLINE static Mask less(Vec a, Vec b) { return vcltq_f32(a, b); }
  PERIFOCAL_INLINE static bool any(Mask mask) { return vmaxvq_u32(mask) != 0; }
  PERIFOCAL_INLINE static Vec select(Mask mask, Vec ifSet, Vec ifClear) { return vbslq_f32(mask, ifSet, ifClear); }

  /// Lane c of vector r becomes lane r of vector c.
  PERIFOCAL_INLINE static void transpose(Vec (&v)[kWidth]) {
    const float64x2_t ab = vreinterpretq_f64_f32(vtrn1q_f32(v[0], v[1]));
    const float64x2_t cd = vreinterpretq_f64_f32(vtrn1q_f32(v[2], v[3]));
    const float64x2_t abOdd = vreinterpretq_f64_f32(vtrn2q_f32(v[0], v[1]));
    const float64x2_t cdOdd = vreinterpretq_f64_f32(vtrn2q_f32(v[2], v[3]));
    v[0] = vreinterpretq_f32_f64(vtrn1q_f64(ab, cd));
    v[1] = vreinterpretq_f32_f64(vtrn1q_f64(abOdd, cdOdd));
    v[2] = vreinterpretq_f32_f64(vtrn2q_f64(ab, cd));
    v[3] = vreinterpretq_f32_f64(vtrn2q_f64(abOdd, cdOdd));
  }
};
