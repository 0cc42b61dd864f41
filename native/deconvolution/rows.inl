// Rows of Richardson-Lucy steps. Include inside the unit's anonymous namespace, after math.inl.

/// Runs `body(V{}, i)` for whole vectors of V, then `body(ScalarFloats{}, i)` for the rest.
template <class V, class Body>
PERIFOCAL_INLINE void forEachVector(int count, Body&& body) {
  int i = 0;
  for (; i + V::kWidth <= count; i += V::kWidth) body(V{}, i);
  for (; i < count; ++i) body(ScalarFloats{}, i);
}

/// A sum of floats in a fixed order: vectors in lanes, the rest apart.
template <class V>
struct RowSum {
  typename V::Vec lanes = V::splat(0.0f);
  float rest = 0.0f;

  PERIFOCAL_INLINE void addProduct(V, typename V::Vec a, typename V::Vec b) { lanes = V::fma(a, b, lanes); }
  PERIFOCAL_INLINE void addProduct(ScalarFloats, float a, float b)
    requires(!std::is_same_v<V, ScalarFloats>)
  {
    rest += a * b;
  }
  double total() const {
    float values[V::kWidth];
    V::store(values, lanes);
    double sum = rest;
    for (float value : values) sum += value;
    return sum;
  }
};

template <class T>
void widen(const T* in, float scale, float offset, int count, float* out) {
  for (int i = 0; i < count; ++i) out[i] = static_cast<float>(in[i]) * scale + offset;
}

void widenFloats(const float* in, float scale, float offset, int count, float* out) {
  for (int i = 0; i < count; ++i) {
    const float value = in[i];
    // False for NaN as well.
    out[i] = (std::fabs(value) <= 3.4e38f ? value : 0.0f) * scale + offset;
  }
}

template <class V>
double ratio(const RatioRow& job, float* row) {
  RowSum<V> residual;
  forEachVector<V>(job.count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    const auto model = W::load(row + i), observed = W::load(job.observed + i);
    auto difference = observed - model;
    auto quotient = W::max(observed, W::splat(0.0f)) / W::max(model, W::splat(job.floor));
    if (job.valid != nullptr) {
      const auto valid = W::load(job.valid + i);
      difference = difference * valid;
      quotient = quotient * valid;
    }
    residual.addProduct(v, difference, difference);
    W::store(row + i, quotient);
  });
  return residual.total();
}

template <class V>
double squaredResidual(const RatioRow& job, const float* row) {
  RowSum<V> residual;
  forEachVector<V>(job.count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    auto difference = W::load(job.observed + i) - W::load(row + i);
    if (job.valid != nullptr) difference = difference * W::load(job.valid + i);
    residual.addProduct(v, difference, difference);
  });
  return residual.total();
}

/// White 1994: U = (2 / T^2) (model - observed + observed ln(observed / model)), at most 1; N = 10;
/// ratio = 1 + U^(N-1) (N - (N-1) U) (observed - model) / model.
template <class V>
double dampedRatio(const RatioRow& job, float* row) {
  constexpr int kChunk = 64;
  constexpr float kLn2 = 0.6931471806f;
  const double residual = squaredResidual<V>(job, row);
  float quotient[kChunk], logarithm[kChunk];
  for (int first = 0; first < job.count; first += kChunk) {
    const int size = std::min(kChunk, job.count - first);
    const float *observed = job.observed + first, *valid = job.valid == nullptr ? nullptr : job.valid + first;
    float* model = row + first;
    forEachVector<V>(size, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
      using W = decltype(v);
      const auto floor = W::splat(job.floor);
      W::store(quotient + i, W::max(W::load(observed + i), floor) / W::max(W::load(model + i), floor));
    });
    for (int i = 0; i < size; ++i) logarithm[i] = kLn2 * log2Of(quotient[i]);
    forEachVector<V>(size, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
      using W = decltype(v);
      const auto one = W::splat(1.0f), q = W::load(quotient + i);
      const auto scale = W::max(W::load(model + i), W::splat(job.floor));
      const auto divergence = W::splat(job.damping) * scale * W::fma(q, W::load(logarithm + i), one - q);
      const auto u = W::min(W::max(divergence, W::splat(0.0f)), one), u2 = u * u, u4 = u2 * u2;
      const auto flattened = u4 * u4 * u * W::fnma(W::splat(9.0f), u, W::splat(10.0f));
      const auto ratio = W::fma(flattened, q - one, one);
      W::store(model + i, valid == nullptr ? ratio : ratio * W::load(valid + i));
    });
  }
  return residual;
}

template <class V>
double correct(const float* start, const float* factor, const float* weight, int count, float* row) {
  // Denormal numbers would slow the transforms down by two orders of magnitude.
  constexpr float kTiny = 1e-30f;
  RowSum<V> light;
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    auto estimate = W::load(row + i);
    if (factor != nullptr) estimate = estimate * W::load(factor + i);
    const auto from = W::load(start + i);
    light.addProduct(v, estimate, from);
    estimate = estimate * from;
    if (weight != nullptr) estimate = estimate * W::load(weight + i);
    W::store(row + i, W::select(W::less(W::splat(kTiny), estimate), estimate, W::splat(0.0f)));
  });
  return light.total();
}

template <class V>
RowRange range(const float* values, const float* valid, int count) {
  RowSum<V> sum, pixels;
  typename V::Vec low = V::splat(FLT_MAX), high = V::splat(-FLT_MAX);
  float lowRest = FLT_MAX, highRest = -FLT_MAX;
  const auto note = [&](auto v, auto value, auto counts, auto& least, auto& most) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    const auto isValid = W::less(W::splat(0.5f), counts);
    sum.addProduct(v, value, counts);
    pixels.addProduct(v, counts, counts);
    least = W::min(least, W::select(isValid, value, W::splat(FLT_MAX)));
    most = W::max(most, W::select(isValid, value, W::splat(-FLT_MAX)));
  };
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    const auto counts = valid == nullptr ? W::splat(1.0f) : W::load(valid + i);
    if constexpr (std::is_same_v<W, V>) {
      note(v, W::load(values + i), counts, low, high);
    } else {
      note(v, W::load(values + i), counts, lowRest, highRest);
    }
  });
  float lows[V::kWidth], highs[V::kWidth];
  V::store(lows, low);
  V::store(highs, high);
  return {pixels.total(), sum.total(), std::min(lowRest, *std::min_element(lows, lows + V::kWidth)),
          std::max(highRest, *std::max_element(highs, highs + V::kWidth))};
}

template <class V>
Distance compare(const float* a, const float* b, int count) {
  RowSum<V> change, norm;
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    const auto left = W::load(a + i), difference = left - W::load(b + i);
    change.addProduct(v, difference, difference);
    norm.addProduct(v, left, left);
  });
  return {change.total(), norm.total()};
}

template <class V>
StepProducts advanceStep(const float* estimate, const float* start, int count, float* step) {
  RowSum<V> withLast, square;
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    const auto now = W::load(estimate + i) - W::load(start + i);
    withLast.addProduct(v, now, W::load(step + i));
    square.addProduct(v, now, now);
    W::store(step + i, now);
  });
  return {withLast.total(), square.total()};
}

template <class V>
void extrapolate(const float* now, const float* before, float momentum, float floor, int count, float* out) {
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    const auto latest = W::load(now + i);
    const auto next = W::fma(W::splat(momentum), latest - W::load(before + i), latest);
    W::store(out + i, W::max(next, W::splat(floor)));
  });
}

template <class V>
void direction(const float* row, const float* below, int count, float* x, float* y) {
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    const auto here = W::load(row + i), dx = W::load(row + i + 1) - here, dy = W::load(below + i) - here;
    const auto scale = W::splat(1.0f) / W::sqrt(W::fma(dx, dx, W::fma(dy, dy, W::splat(1e-8f))));
    W::store(x + i, dx * scale);
    W::store(y + i, dy * scale);
  });
}

template <class V>
void totalVariation(const float* x, const float* y, const float* yAbove, float weight, int count, float* out) {
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    const auto divergence = W::load(x + i) - W::load(x + i - 1) + (W::load(y + i) - W::load(yAbove + i));
    const auto denominator = W::fnma(W::splat(weight), divergence, W::splat(1.0f));
    W::store(out + i, W::splat(1.0f) / W::min(W::max(denominator, W::splat(0.5f)), W::splat(2.0f)));
  });
}
