// 512-bit integer and float lanes, shared by the AVX-512 wrappers. Include inside the unit's anonymous namespace.

struct Lanes512 {
  using Vec = __m512i;
  using Flt = __m512;
  using WgtVec = __m512i;

  PERIFOCAL_INLINE static Vec loadInt(const std::int32_t* p) { return _mm512_loadu_si512(p); }
  PERIFOCAL_INLINE static void storeInt(std::int32_t* p, Vec v) { _mm512_storeu_si512(p, v); }
  PERIFOCAL_INLINE static Vec loadInt16(const std::int16_t* p) {
    return _mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  PERIFOCAL_INLINE static void storeInt16(std::int16_t* p, Vec v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(v));
  }
  PERIFOCAL_INLINE static Vec loadBytes(const std::uint8_t* p) {
    return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  PERIFOCAL_INLINE static void storeBytes(std::uint8_t* p, Vec v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(v));
  }
  PERIFOCAL_INLINE static Vec splatInt(std::int32_t v) { return _mm512_set1_epi32(v); }
  PERIFOCAL_INLINE static Vec add(Vec a, Vec b) { return _mm512_add_epi32(a, b); }
  PERIFOCAL_INLINE static Vec orInt(Vec a, Vec b) { return _mm512_or_si512(a, b); }
  PERIFOCAL_INLINE static Vec orXor(Vec bits, Vec a, Vec b) { return _mm512_ternarylogic_epi32(bits, a, b, 0xf6); }
  PERIFOCAL_INLINE static Vec mulInt(Vec a, Vec b) { return _mm512_mullo_epi32(a, b); }
  PERIFOCAL_INLINE static Vec clampInt(Vec v, std::int32_t low, std::int32_t high) {
    return _mm512_min_epi32(_mm512_max_epi32(v, splatInt(low)), splatInt(high));
  }
  PERIFOCAL_INLINE static Flt toFloat(Vec v) { return _mm512_cvtepi32_ps(v); }
  PERIFOCAL_INLINE static Vec roundToInt(Flt v) { return _mm512_cvtps_epi32(v); }
  PERIFOCAL_INLINE static Flt loadFloat(const float* p) { return _mm512_loadu_ps(p); }
  PERIFOCAL_INLINE static Flt splat(float v) { return _mm512_set1_ps(v); }
  PERIFOCAL_INLINE static Flt mul(Flt a, Flt b) { return _mm512_mul_ps(a, b); }
  PERIFOCAL_INLINE static Flt min(Flt a, Flt b) { return _mm512_min_ps(a, b); }
  PERIFOCAL_INLINE static Flt max(Flt a, Flt b) { return _mm512_max_ps(a, b); }

  /// The larger of a magnitude and that of `b`, of each lane.
  PERIFOCAL_INLINE static Flt maxMagnitude(Flt magnitude, Flt b) { return _mm512_range_ps(magnitude, b, 0xb); }
  PERIFOCAL_INLINE static Vec loadBias(const std::int32_t* p) { return loadInt(p); }
  PERIFOCAL_INLINE static void storeSums(std::int32_t* out, std::ptrdiff_t, Vec v) { storeInt(out, v); }
  /// Makes the compiler believe that the register changed.
  template <class T>
  PERIFOCAL_INLINE static void keep(T& v) {
    asm volatile("" : "+v"(v));
  }

  /// Four adjacent bytes of any pointer, in every lane.
  PERIFOCAL_INLINE static Vec splatFourBytes(const void* p) {
    std::int32_t word;
    std::memcpy(&word, p, sizeof word);
    return _mm512_set1_epi32(word);
  }

  // Sixteen-bit lanes, for Winograd.
  using Short = __m512i;
  using Factors = __m512i;
  using Weights = __m512i;
  static constexpr int kFactorInputs = 2;

  PERIFOCAL_INLINE static Vec sub(Vec a, Vec b) { return _mm512_sub_epi32(a, b); }
  template <int kBits>
  PERIFOCAL_INLINE static Vec shiftLeft(Vec v) {
    return _mm512_slli_epi32(v, kBits);
  }
  template <int kBits>
  PERIFOCAL_INLINE static Vec shiftRight(Vec v) {
    return _mm512_srai_epi32(v, kBits);
  }
  PERIFOCAL_INLINE static Short loadCodes(const std::uint8_t* p) {
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  PERIFOCAL_INLINE static Short loadShortCodes(const std::int8_t* p) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
  }
  PERIFOCAL_INLINE static void storeShort(std::int16_t* p, Short v) { _mm512_storeu_si512(p, v); }
  PERIFOCAL_INLINE static Short addShort(Short a, Short b) { return _mm512_add_epi16(a, b); }
  PERIFOCAL_INLINE static Short subShort(Short a, Short b) { return _mm512_sub_epi16(a, b); }
  PERIFOCAL_INLINE static Short twiceShort(Short v) { return addShort(v, v); }
  PERIFOCAL_INLINE static Short fourTimesShort(Short v) { return _mm512_slli_epi16(v, 2); }
  PERIFOCAL_INLINE static Factors loadFactors(const std::int16_t* p) { return splatFourBytes(p); }
  PERIFOCAL_INLINE static Weights loadShortWeights(const std::int16_t* p) { return _mm512_load_si512(p); }
  template <int>
  PERIFOCAL_INLINE static Vec multiplyAdd(Vec sum, Factors factors, Weights weights) {
    return add(sum, _mm512_madd_epi16(factors, weights));
  }
};
