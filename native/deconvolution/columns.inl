// Columns of a spectrum times or divided by a transfer function. Include inside the unit's anonymous namespace, after
// the registers.

inline constexpr int kBins = 16;

template <class V>
void multiplyReal(const float* otf, int rows, float* data) {
  for (int r = 0; r < rows; ++r, otf += kBins, data += 2 * kBins) {
    for (int u = 0; u < kBins; u += V::kWidth) {
      const auto h = V::load(otf + u);
      V::store(data + u, h * V::load(data + u));
      V::store(data + kBins + u, h * V::load(data + kBins + u));
    }
  }
}

template <class V, bool kConjugate>
void multiplyComplex(const float* otf, int rows, float* data) {
  for (int r = 0; r < rows; ++r, otf += 2 * kBins, data += 2 * kBins) {
    for (int u = 0; u < kBins; u += V::kWidth) {
      const auto hr = V::load(otf + u), hi = V::load(otf + kBins + u);
      const auto re = V::load(data + u), im = V::load(data + kBins + u);
      const auto cross = hi * im, turned = hi * re;
      V::store(data + u, kConjugate ? V::fma(hr, re, cross) : V::fma(hr, re, -cross));
      V::store(data + kBins + u, kConjugate ? V::fma(hr, im, -turned) : V::fma(hr, im, turned));
    }
  }
}

/// One vector of bins of one row; returns |H X - Y|^2.
template <class V>
PERIFOCAL_INLINE typename V::Vec solveBins(const SolveBlock& block, int row, int u) {
  constexpr float kLeastDenominator = 1e-12f;  // where H and the penalty vanish, so does the numerator
  float* data = block.data + static_cast<std::ptrdiff_t>(row) * 2 * kBins + u;
  const float* observed = block.observed == nullptr ? data : block.observed + (data - block.data);
  const float* otf = block.otf + static_cast<std::ptrdiff_t>(row) * (block.realOtf ? kBins : 2 * kBins) + u;
  const auto hr = V::load(otf), hi = block.realOtf ? V::splat(0.0f) : V::load(otf + kBins);
  const auto yr = V::load(observed), yi = V::load(observed + kBins);
  const auto weight = V::splat(block.weight);
  auto re = V::fma(hr, yr, hi * yi), im = V::fnma(hi, yr, hr * yi);
  if (block.observed != nullptr) {
    re = V::fma(weight, V::load(data), re);
    im = V::fma(weight, V::load(data + kBins), im);
  }
  const auto penalty = V::splat(block.rowPenalty[block.frequency[row]]) + V::load(block.columnPenalty + u);
  const auto denominator = V::fma(weight, penalty, V::fma(hr, hr, hi * hi));
  const auto scale = V::splat(1.0f) / V::max(denominator, V::splat(kLeastDenominator));
  re = re * scale;
  im = im * scale;
  const auto restRe = V::fma(hr, re, -yr) - hi * im, restIm = V::fma(hr, im, -yi) + hi * re;
  V::store(data, re);
  V::store(data + kBins, im);
  return V::fma(restRe, restRe, restIm * restIm);
}

template <class V>
void solve(const SolveBlock& block, float* residual) {
  for (int u = 0; u < kBins; u += V::kWidth) {
    auto sum = V::load(residual + u);
    for (int r = 0; r < block.rows; ++r) sum = sum + solveBins<V>(block, r, u);
    V::store(residual + u, sum);
  }
}

template <class V>
void predict(const SolveBlock& block, float relaxation) {
  constexpr float kLeastDenominator = 1e-12f;
  const auto weight = V::splat(block.weight), rest = V::splat((1.0f - relaxation) * block.weight);
  float* data = block.data;
  const float* otf = block.otf;
  for (int r = 0; r < block.rows; ++r, data += 2 * kBins, otf += block.realOtf ? kBins : 2 * kBins) {
    const auto rowPenalty = V::splat(block.rowPenalty[block.frequency[r]]);
    for (int u = 0; u < kBins; u += V::kWidth) {
      const auto hr = V::load(otf + u), hi = block.realOtf ? V::splat(0.0f) : V::load(otf + kBins + u);
      const auto power = V::fma(hr, hr, hi * hi), penalty = rowPenalty + V::load(block.columnPenalty + u);
      const auto denominator = V::max(V::fma(weight, penalty, power), V::splat(kLeastDenominator));
      const auto gain = V::fma(rest, penalty, power) * (V::splat(1.0f) / denominator);
      V::store(data + u, gain * V::load(data + u));
      V::store(data + kBins + u, gain * V::load(data + kBins + u));
    }
  }
}

template <class V>
constexpr DeconvolutionKernels deconvolutionKernelsOf(const char* name) {
  return {name,
          widen<std::uint8_t>,
          widen<std::uint16_t>,
          widenFloats,
          ratio<V>,
          dampedRatio<V>,
          correct<V>,
          range<V>,
          compare<V>,
          advanceStep<V>,
          extrapolate<V>,
          direction<V>,
          totalVariation<V>,
          shrinkDifference<V>,
          divergence<V>,
          departures<V>,
          spreads<V>,
          sideSpreads<V>,
          clusterExcess<V>,
          multiplyReal<V>,
          multiplyComplex<V, false>,
          multiplyComplex<V, true>,
          solve<V>,
          predict<V>};
}
