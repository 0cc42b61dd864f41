// Logarithm and power in plain loops that compilers vectorise. Include inside the unit's anonymous namespace.

/// log2 of a normal number > 0; absolute error below 3e-7 + 1 ulp.
PERIFOCAL_INLINE float log2Of(float value) {
  // value = 2^exponent * m, m in [sqrt(1/2), sqrt(2)): log2 m = (2 / ln 2) atanh(s), s = (m - 1) / (m + 1).
  const auto bits = std::bit_cast<std::int32_t>(value);
  const std::int32_t exponent = (bits - 0x3f3504f3) >> 23;
  const float m = std::bit_cast<float>(bits - (exponent << 23));
  const float s = (m - 1.0f) / (m + 1.0f), z = s * s;
  const float series = 1.0f + z * (1.0f / 3 + z * (1.0f / 5 + z * (1.0f / 7 + z * (1.0f / 9))));
  return static_cast<float>(exponent) + 2.885390082f * s * series;
}

/// 2^x, -125 <= x <= 125; relative error below 3e-7.
PERIFOCAL_INLINE float exp2Of(float x) {
  // Adding 1.5 * 2^23 rounds to the nearest integer, which then is in the low bits.
  const float shifted = x + 12582912.0f;
  const std::int32_t whole = std::bit_cast<std::int32_t>(shifted) - 0x4b400000;
  const float f = (x - (shifted - 12582912.0f)) * 0.6931471806f;
  const float series =
      1.0f + f * (1.0f + f * (1.0f / 2 + f * (1.0f / 6 + f * (1.0f / 24 + f * (1.0f / 120 + f * (1.0f / 720))))));
  return std::bit_cast<float>(std::bit_cast<std::int32_t>(series) + (whole << 23));
}
