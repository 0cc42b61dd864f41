// 256-bit integer and float lanes, shared by the AVX2 wrappers. Include inside the unit's anonymous namespace.

struct Lanes256 {
  using Vec = __m256i;
  using Flt = __m256;
  using WgtVec = __m256i;

  PERIFOCAL_INLINE static Vec loadInt(const std::int32_t* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  PERIFOCAL_INLINE static void storeInt(std::int32_t* p, Vec v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v);
  }
  PERIFOCAL_INLINE static Vec loadInt16(const std::int16_t* p) {
    return _mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  /// The saturation of the pack never acts: callers clamp first.
  PERIFOCAL_INLINE static void storeInt16(std::int16_t* p, Vec v) {
    const __m128i packed = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), packed);
  }
  PERIFOCAL_INLINE static Vec loadBytes(const std::uint8_t* p) {
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  }
  PERIFOCAL_INLINE static void storeBytes(std::uint8_t* p, Vec v) {
    const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(words, words));
  }
  PERIFOCAL_INLINE static Vec splatInt(std::int32_t v) { return _mm256_set1_epi32(v); }
  PERIFOCAL_INLINE static Vec add(Vec a, Vec b) { return _mm256_add_epi32(a, b); }
  PERIFOCAL_INLINE static Vec orInt(Vec a, Vec b) { return _mm256_or_si256(a, b); }
  PERIFOCAL_INLINE static Vec orXor(Vec bits, Vec a, Vec b) { return orInt(bits, _mm256_xor_si256(a, b)); }
  PERIFOCAL_INLINE static Vec mulInt(Vec a, Vec b) { return _mm256_mullo_epi32(a, b); }
  PERIFOCAL_INLINE static Vec clampInt(Vec v, std::int32_t low, std::int32_t high) {
    return _mm256_min_epi32(_mm256_max_epi32(v, splatInt(low)), splatInt(high));
  }
  PERIFOCAL_INLINE static Flt toFloat(Vec v) { return _mm256_cvtepi32_ps(v); }
  PERIFOCAL_INLINE static Vec roundToInt(Flt v) { return _mm256_cvtps_epi32(v); }
  PERIFOCAL_INLINE static Flt loadFloat(const float* p) { return _mm256_loadu_ps(p); }
  PERIFOCAL_INLINE static Flt splat(float v) { return _mm256_set1_ps(v); }
  PERIFOCAL_INLINE static Flt mul(Flt a, Flt b) { return _mm256_mul_ps(a, b); }
  PERIFOCAL_INLINE static Flt min(Flt a, Flt b) { return _mm256_min_ps(a, b); }
  PERIFOCAL_INLINE static Flt max(Flt a, Flt b) { return _mm256_max_ps(a, b); }

  /// The larger of a magnitude and that of `b`, of each lane.
  PERIFOCAL_INLINE static Flt maxMagnitude(Flt magnitude, Flt b) {
    return max(magnitude, _mm256_andnot_ps(splat(-0.0f), b));
  }
  PERIFOCAL_INLINE static Vec loadBias(const std::int32_t* p) { return loadInt(p); }
  PERIFOCAL_INLINE static void storeSums(std::int32_t* out, std::ptrdiff_t, Vec v) { storeInt(out, v); }
  /// Makes the compiler believe that the register changed.
  template <class T>
  PERIFOCAL_INLINE static void keep(T& v) {
    asm volatile("" : "+x"(v));
  }

  /// Four adjacent bytes of any pointer, in every lane.
  PERIFOCAL_INLINE static Vec splatFourBytes(const void* p) {
    std::int32_t word;
    std::memcpy(&word, p, sizeof word);
    return _mm256_set1_epi32(word);
  }

  // Sixteen-bit lanes, for Winograd.
  using Short = __m256i;
  using Factors = __m256i;
  using Weights = __m256i;
  static constexpr int kFactorInputs = 2;

  PERIFOCAL_INLINE static Vec sub(Vec a, Vec b) { return _mm256_sub_epi32(a, b); }
  template <int kBits>
  PERIFOCAL_INLINE static Vec shiftLeft(Vec v) {
    return _mm256_slli_epi32(v, kBits);
  }
  template <int kBits>
  PERIFOCAL_INLINE static Vec shiftRight(Vec v) {
    return _mm256_srai_epi32(v, kBits);
  }
  PERIFOCAL_INLINE static Short loadCodes(const std::uint8_t* p) {
    return _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  PERIFOCAL_INLINE static Short loadShortCodes(const std::int8_t* p) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  PERIFOCAL_INLINE static void storeShort(std::int16_t* p, Short v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), v);
  }
  PERIFOCAL_INLINE static Short addShort(Short a, Short b) { return _mm256_add_epi16(a, b); }
  PERIFOCAL_INLINE static Short subShort(Short a, Short b) { return _mm256_sub_epi16(a, b); }
  PERIFOCAL_INLINE static Short twiceShort(Short v) { return addShort(v, v); }
  PERIFOCAL_INLINE static Short fourTimesShort(Short v) { return _mm256_slli_epi16(v, 2); }
  PERIFOCAL_INLINE static Factors loadFactors(const std::int16_t* p) { return splatFourBytes(p); }
  PERIFOCAL_INLINE static Weights loadShortWeights(const std::int16_t* p) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(p));
  }
  template <int>
  PERIFOCAL_INLINE static Vec multiplyAdd(Vec sum, Factors factors, Weights weights) {
    return add(sum, _mm256_madd_epi16(factors, weights));
  }
};
