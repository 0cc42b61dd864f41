// 128-bit integer and float lanes, shared by the NEON wrappers. Include inside the unit's anonymous namespace.

struct Lanes128 {
  using Vec = int32x4_t;
  using Flt = float32x4_t;
  using WgtVec = int8x16_t;

  PERIFOCAL_INLINE static Vec loadInt(const std::int32_t* p) { return vld1q_s32(p); }
  PERIFOCAL_INLINE static void storeInt(std::int32_t* p, Vec v) { vst1q_s32(p, v); }
  PERIFOCAL_INLINE static Vec loadInt16(const std::int16_t* p) { return vmovl_s16(vld1_s16(p)); }
  PERIFOCAL_INLINE static void storeInt16(std::int16_t* p, Vec v) { vst1_s16(p, vmovn_s32(v)); }
  PERIFOCAL_INLINE static Vec loadBytes(const std::uint8_t* p) {
    std::int32_t word;
    std::memcpy(&word, p, sizeof word);
    return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(word)))));
  }
  PERIFOCAL_INLINE static void storeBytes(std::uint8_t* p, Vec v) {
    const int16x4_t words = vmovn_s32(v);
    const int8x8_t bytes = vmovn_s16(vcombine_s16(words, words));
    const std::int32_t word = vget_lane_s32(vreinterpret_s32_s8(bytes), 0);
    std::memcpy(p, &word, sizeof word);
  }
  PERIFOCAL_INLINE static Vec splatInt(std::int32_t v) { return vdupq_n_s32(v); }
  PERIFOCAL_INLINE static uint32x4_t unsignedOf(Vec v) { return vreinterpretq_u32_s32(v); }
  PERIFOCAL_INLINE static Vec signedOf(uint32x4_t v) { return vreinterpretq_s32_u32(v); }
  // Modulo 2^32: signed lanes must not overflow as far as the compiler is concerned.
  PERIFOCAL_INLINE static Vec add(Vec a, Vec b) { return signedOf(vaddq_u32(unsignedOf(a), unsignedOf(b))); }
  PERIFOCAL_INLINE static Vec sub(Vec a, Vec b) { return signedOf(vsubq_u32(unsignedOf(a), unsignedOf(b))); }
  PERIFOCAL_INLINE static Vec orInt(Vec a, Vec b) { return vorrq_s32(a, b); }
  PERIFOCAL_INLINE static Vec orXor(Vec bits, Vec a, Vec b) { return vorrq_s32(bits, veorq_s32(a, b)); }
  PERIFOCAL_INLINE static Vec mulInt(Vec a, Vec b) { return signedOf(vmulq_u32(unsignedOf(a), unsignedOf(b))); }
  PERIFOCAL_INLINE static Vec clampInt(Vec v, std::int32_t low, std::int32_t high) {
    return vminq_s32(vmaxq_s32(v, vdupq_n_s32(low)), vdupq_n_s32(high));
  }
  PERIFOCAL_INLINE static Flt toFloat(Vec v) { return vcvtq_f32_s32(v); }
  PERIFOCAL_INLINE static Vec roundToInt(Flt v) { return vcvtnq_s32_f32(v); }
  PERIFOCAL_INLINE static Flt loadFloat(const float* p) { return vld1q_f32(p); }
  PERIFOCAL_INLINE static Flt splat(float v) { return vdupq_n_f32(v); }
  PERIFOCAL_INLINE static Flt mul(Flt a, Flt b) { return vmulq_f32(a, b); }
  PERIFOCAL_INLINE static Flt min(Flt a, Flt b) { return vminq_f32(a, b); }
  PERIFOCAL_INLINE static Flt max(Flt a, Flt b) { return vmaxq_f32(a, b); }

  /// The larger of a magnitude and that of `b`, of each lane.
  PERIFOCAL_INLINE static Flt maxMagnitude(Flt magnitude, Flt b) { return vmaxq_f32(magnitude, vabsq_f32(b)); }
  PERIFOCAL_INLINE static WgtVec loadWeights(const std::int8_t* p) { return vld1q_s8(p); }
  PERIFOCAL_INLINE static Vec loadBias(const std::int32_t* p) { return loadInt(p); }
  PERIFOCAL_INLINE static void storeSums(std::int32_t* out, std::ptrdiff_t, Vec v) { storeInt(out, v); }
  /// Makes the compiler believe that the register changed.
  template <class T>
  PERIFOCAL_INLINE static void keep(T& v) {
    asm volatile("" : "+w"(v));
  }

  /// Four adjacent bytes of any pointer, in every lane.
  PERIFOCAL_INLINE static int8x16_t splatFourBytes(const std::int8_t* p) {
    std::int32_t word;
    std::memcpy(&word, p, sizeof word);
    return vreinterpretq_s8_s32(vdupq_n_s32(word));
  }

  // Sixteen-bit lanes, for Winograd.
  using Short = int16x8_t;
  using Factors = int16x4_t;
  using Weights = int16x4_t;
  static constexpr int kFactorInputs = 4;

  template <int kBits>
  PERIFOCAL_INLINE static Vec shiftLeft(Vec v) {
    return vshlq_n_s32(v, kBits);
  }
  template <int kBits>
  PERIFOCAL_INLINE static Vec shiftRight(Vec v) {
    return vshrq_n_s32(v, kBits);
  }
  PERIFOCAL_INLINE static Short loadCodes(const std::uint8_t* p) {
    return vmovl_s8(vld1_s8(reinterpret_cast<const std::int8_t*>(p)));
  }
  PERIFOCAL_INLINE static Short loadShortCodes(const std::int8_t* p) { return vmovl_s8(vld1_s8(p)); }
  PERIFOCAL_INLINE static void storeShort(std::int16_t* p, Short v) { vst1q_s16(p, v); }
  PERIFOCAL_INLINE static Short addShort(Short a, Short b) { return vaddq_s16(a, b); }
  PERIFOCAL_INLINE static Short subShort(Short a, Short b) { return vsubq_s16(a, b); }
  PERIFOCAL_INLINE static Short twiceShort(Short v) { return vaddq_s16(v, v); }
  PERIFOCAL_INLINE static Short fourTimesShort(Short v) { return vshlq_n_s16(v, 2); }
  PERIFOCAL_INLINE static Factors loadFactors(const std::int16_t* p) { return vld1_s16(p); }
  PERIFOCAL_INLINE static Weights loadShortWeights(const std::int16_t* p) { return vld1_s16(p); }
  template <int kLane>
  PERIFOCAL_INLINE static Vec multiplyAdd(Vec sum, Factors factors, Weights weights) {
    return vmlal_lane_s16(sum, weights, factors, kLane);
  }
};
