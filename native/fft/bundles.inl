// Rows to bundles and back, and real signals as complex ones of half the length. Include inside the unit's anonymous
// namespace, after passes.inl.

/// W columns of 16 rows; only the first `count` are stored.
template <class V>
PERIFOCAL_INLINE void gatherTiles(const float* rows, std::ptrdiff_t stride, int count, float* bundle,
                                  const int* offsets) {
  for (int line = 0; line < kFftLines; line += V::kWidth) {
    typename V::Vec tile[V::kWidth];
    for (int r = 0; r < V::kWidth; ++r) tile[r] = V::load(rows + (line + r) * stride);
    V::transpose(tile);
    for (int c = 0; c < V::kWidth; ++c) {
      if (c < count) V::store(bundle + offsets[c] + line, tile[c]);
    }
  }
}

template <class V>
void gatherColumns(const float* rows, std::ptrdiff_t stride, int columns, float* bundle, const int* offsets) {
  int column = 0;
  for (; column + V::kWidth <= columns; column += V::kWidth) {
    gatherTiles<V>(rows + column, stride, V::kWidth, bundle, offsets + column);
  }
  if (column < columns) gatherTiles<V>(rows + column, stride, columns - column, bundle, offsets + column);
}

template <class V>
PERIFOCAL_INLINE void scatterTiles(const float* bundle, const int* offsets, int count, float* rows,
                                   std::ptrdiff_t stride) {
  for (int line = 0; line < kFftLines; line += V::kWidth) {
    typename V::Vec tile[V::kWidth];
    for (int c = 0; c < V::kWidth; ++c) tile[c] = V::load(bundle + offsets[c < count ? c : 0] + line);
    V::transpose(tile);
    for (int r = 0; r < V::kWidth; ++r) V::store(rows + (line + r) * stride, tile[r]);
  }
}

template <class V>
void scatterColumns(const float* bundle, const int* offsets, float* rows, std::ptrdiff_t stride, int columns) {
  int column = 0;
  for (; column + V::kWidth <= columns; column += V::kWidth) {
    scatterTiles<V>(bundle, offsets + column, V::kWidth, rows + column, stride);
  }
  if (column < columns) scatterTiles<V>(bundle, offsets + column, columns - column, rows + column, stride);
}

/// Transposes 16x16 floats.
template <class V>
PERIFOCAL_INLINE void transposeSquare(const float* in, std::ptrdiff_t inStride, float* out, std::ptrdiff_t outStride) {
  for (int r = 0; r < kFftLines; r += V::kWidth) {
    for (int c = 0; c < kFftLines; c += V::kWidth) {
      typename V::Vec tile[V::kWidth];
      for (int i = 0; i < V::kWidth; ++i) tile[i] = V::load(in + (r + i) * inStride + c);
      V::transpose(tile);
      for (int i = 0; i < V::kWidth; ++i) V::store(out + (c + i) * outStride + r, tile[i]);
    }
  }
}

template <class V>
void scatterBins(const float* bundle, int groups, float* rows, std::ptrdiff_t stride) {
  for (int g = 0; g < groups; ++g, bundle += kFftLines * kFftElement, rows += kFftElement) {
    transposeSquare<V>(bundle, kFftElement, rows, stride);
    transposeSquare<V>(bundle + kFftLines, kFftElement, rows + kFftLines, stride);
  }
}

template <class V>
void gatherBins(const float* rows, std::ptrdiff_t stride, int groups, float* bundle) {
  for (int g = 0; g < groups; ++g, bundle += kFftLines * kFftElement, rows += kFftElement) {
    transposeSquare<V>(rows, stride, bundle, kFftElement);
    transposeSquare<V>(rows + kFftLines, stride, bundle + kFftLines, kFftElement);
  }
}

/// With z = even + i odd and w = exp(-2 pi i u / N): X[u] = E + w O, X[N/2 - u] = conj(E - w O), where
/// E = (Z[u] + conj Z[N/2 - u]) / 2 and O = (Z[u] - conj Z[N/2 - u]) / 2i.
template <class V>
void separate(float* bundle, int half, const float* twiddles) {
  const auto one = V::splat(0.5f);
  for (int u = 0; u <= half / 2; ++u) {
    float* low = bundle + static_cast<std::ptrdiff_t>(u) * kFftElement;
    float* high = bundle + static_cast<std::ptrdiff_t>(half - u) * kFftElement;
    const auto re = V::splat(0.5f * twiddles[2 * u]), im = V::splat(0.5f * twiddles[2 * u + 1]);
    for (int lane = 0; lane < kFftLines; lane += V::kWidth) {
      const Complex<V> a = loadComplex<V, false>(low + lane);
      const Complex<V> b = u == 0 ? a : loadComplex<V, false>(high + lane);
      const auto sum = a.im + b.im, difference = a.re - b.re;
      const Complex<V> even{one * (a.re + b.re), one * (a.im - b.im)};
      const Complex<V> odd{V::fma(im, difference, re * sum), V::fnma(re, difference, im * sum)};
      storeComplex<V, false>(high + lane, {even.re - odd.re, odd.im - even.im});
      storeComplex<V, false>(low + lane, even + odd);
    }
  }
}

/// 2 Z[u] = S + T, 2 Z[N/2 - u] = conj(S - T) with S = X[u] + conj X[N/2 - u], T = i conj(w) (X[u] - conj X[N/2 - u]).
/// The imaginary parts of X[0] and X[N/2] are ignored.
template <class V>
void join(float* bundle, int half, const float* twiddles, float scale) {
  const auto factor = V::splat(scale);
  for (int u = 0; u <= half / 2; ++u) {
    float* low = bundle + static_cast<std::ptrdiff_t>(u) * kFftElement;
    float* high = bundle + static_cast<std::ptrdiff_t>(half - u) * kFftElement;
    const auto re = V::splat(scale * twiddles[2 * u]), im = V::splat(scale * twiddles[2 * u + 1]);
    for (int lane = 0; lane < kFftLines; lane += V::kWidth) {
      Complex<V> a = loadComplex<V, false>(low + lane), b = loadComplex<V, false>(high + lane);
      if (u == 0) a.im = b.im = V::splat(0.0f);
      const Complex<V> sum{factor * (a.re + b.re), factor * (a.im - b.im)};
      const auto difference = a.re - b.re, turned = a.im + b.im;
      const Complex<V> turn{V::fnma(re, turned, im * difference), V::fma(im, turned, re * difference)};
      storeComplex<V, false>(high + lane, {sum.re - turn.re, turn.im - sum.im});
      storeComplex<V, false>(low + lane, sum + turn);
    }
  }
}

template <class V>
constexpr FftKernels fftKernelsOf(const char* name) {
  return {name,
          {{},
           {},
           radixOf<V, 2>(),
           radixOf<V, 3>(),
           radixOf<V, 4>(),
           radixOf<V, 5>(),
           {},
           radixOf<V, 7>(),
           radixOf<V, 8>()},
          gatherColumns<V>,
          scatterColumns<V>,
          scatterBins<V>,
          gatherBins<V>,
          separate<V>,
          join<V>,
          runMultiply<V, false>,
          runMultiply<V, true>,
          runMultiplyLanes<V, false>,
          runMultiplyLanes<V, true>};
}
