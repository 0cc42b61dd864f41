// Butterflies over bundles. Include inside the unit's anonymous namespace, after butterflies.inl.

enum class Factors { kNone, kAfter, kBefore };

template <class V, bool kInverse>
PERIFOCAL_INLINE Complex<V> loadComplex(const float* p) {
  const auto first = V::load(p), second = V::load(p + kFftLines);
  if constexpr (kInverse) return {second, first};
  return {first, second};
}

template <class V, bool kInverse>
PERIFOCAL_INLINE void storeComplex(float* p, const Complex<V>& x) {
  V::store(p, kInverse ? x.im : x.re);
  V::store(p + kFftLines, kInverse ? x.re : x.im);
}

template <class V, int R, Factors kFactors, bool kInverse, std::size_t... I>
PERIFOCAL_INLINE void butterflyAt(const float* in, std::ptrdiff_t inStep, float* out, std::ptrdiff_t outStep,
                                  const float* factors, std::index_sequence<I...>) {
  Complex<V> x[R] = {loadComplex<V, kInverse>(in + static_cast<std::ptrdiff_t>(I) * inStep)...};
  if constexpr (kFactors == Factors::kBefore) ((x[I] = I == 0 ? x[I] : twiddled<V>(x[I], factors + 2 * I - 2)), ...);
  butterfly<V>(x);
  if constexpr (kFactors == Factors::kAfter) ((x[I] = I == 0 ? x[I] : twiddled<V>(x[I], factors + 2 * I - 2)), ...);
  (storeComplex<V, kInverse>(out + static_cast<std::ptrdiff_t>(I) * outStep, x[I]), ...);
}

template <class V, int R, Factors kFactors, bool kInverse>
void runPass(BundleIn in, BundleOut out, int blocks, int span, const float* twiddles) {
  const std::ptrdiff_t inSpan = span * in.step, outSpan = span * out.step;
  for (int block = 0; block < blocks; ++block) {
    const float* factors = twiddles;
    for (int j = 0; j < span; ++j, factors += 2 * (R - 1)) {
      const float* from = in.data + j * in.step;
      float* to = out.data + j * out.step;
      for (int lane = 0; lane < kFftLines; lane += V::kWidth) {
        butterflyAt<V, R, kFactors, kInverse>(from + lane, inSpan, to + lane, outSpan, factors,
                                              std::make_index_sequence<R>{});
      }
    }
    in.data += R * inSpan;
    out.data += R * outSpan;
  }
}

template <class V, bool kConjugate>
void runMultiply(BundleIn in, BundleOut out, int count, const float* factors) {
  for (int i = 0; i < count; ++i, in.data += in.step, out.data += out.step, factors += 2) {
    const auto re = V::splat(factors[0]), im = V::splat(factors[1]);
    for (int lane = 0; lane < kFftLines; lane += V::kWidth) {
      const Complex<V> x = loadComplex<V, false>(in.data + lane);
      const Complex<V> product = kConjugate ? Complex<V>{V::fma(x.im, im, x.re * re), V::fnma(x.im, re, x.re * im)}
                                            : Complex<V>{V::fnma(x.im, im, x.re * re), V::fma(x.im, re, x.re * im)};
      storeComplex<V, false>(out.data + lane, product);
    }
  }
}

template <class V, bool kConjugate>
void runMultiplyLanes(float* data, const float* factors, int count) {
  for (int i = 0; i < count; ++i, data += kFftElement, factors += kFftElement) {
    for (int lane = 0; lane < kFftLines; lane += V::kWidth) {
      const Complex<V> x = loadComplex<V, false>(data + lane), y = loadComplex<V, false>(factors + lane);
      const Complex<V> product = kConjugate
                                     ? Complex<V>{V::fma(x.im, y.im, x.re * y.re), V::fnma(x.re, y.im, x.im * y.re)}
                                     : Complex<V>{V::fnma(x.im, y.im, x.re * y.re), V::fma(x.re, y.im, x.im * y.re)};
      storeComplex<V, false>(data + lane, product);
    }
  }
}

template <class V, int R>
constexpr FftRadix radixOf() {
  return {runPass<V, R, Factors::kNone, false>,   runPass<V, R, Factors::kNone, true>,
          runPass<V, R, Factors::kAfter, false>,  runPass<V, R, Factors::kAfter, true>,
          runPass<V, R, Factors::kBefore, false>, runPass<V, R, Factors::kBefore, true>};
}
