// The w-step of hyper-Laplacian deconvolution (Krishnan and Fergus 2009) by Newton's method instead of a table. Include
// inside the unit's anonymous namespace, after math.inl.

/// alpha = 1/2, t = sqrt(w): t^3 - |v| t + constant = 0. The slope need not be exact for the root to be.
struct HalfRoot {
  static constexpr float kExponent = 1.0f / 2;
  static constexpr std::int32_t kSeedBits = 531612928;  // 0x1fbd1df5 (within 4 %) lowered by 7 %

  template <class V>
  PERIFOCAL_INLINE static auto solve(typename V::Vec t, typename V::Vec magnitude, typename V::Vec constant) {
    for (int i = 0; i < 4; ++i) {
      const auto rest = V::fma(t, t, -magnitude), slope = V::fma(V::splat(3.0f), rest, magnitude + magnitude);
      t = V::fnma(V::fma(t, rest, constant), V::reciprocalEstimate(slope), t);
    }
    return t * t;
  }
};

/// alpha = 2/3, t = cbrt(w): t^4 - |v| t + constant = 0.
struct TwoThirdsRoot {
  static constexpr float kExponent = 1.0f / 3;
  static constexpr std::int32_t kSeedBits = 708646009;  // 0x2a508935 (within 5 %, Kahan) lowered by 10 %

  template <class V>
  PERIFOCAL_INLINE static auto solve(typename V::Vec t, typename V::Vec magnitude, typename V::Vec constant) {
    for (int i = 0; i < 5; ++i) {
      const auto rest = V::fma(t * t, t, -magnitude), slope = V::fma(V::splat(4.0f), rest, V::splat(3.0f) * magnitude);
      t = V::fnma(V::fma(t, rest, constant), V::reciprocalEstimate(slope), t);
    }
    return t * t * t;
  }
};

/// Roots of |b - a|, by a part of the exponent; lowered, because solutions are smaller. 0 gives a small number.
template <class Root>
PERIFOCAL_INLINE void seedRoots(const float* a, const float* b, int count, float* out) {
  for (int i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::int32_t>(std::fabs(b[i] - a[i]));
    const auto part = static_cast<std::int32_t>(static_cast<float>(bits) * Root::kExponent);
    out[i] = std::bit_cast<float>(part + Root::kSeedBits);
  }
}

/// Most gradients of most images are below the threshold, so that whole vectors of them need no root.
template <class V, class Root>
void shrinkSpecial(const float* a, const float* b, const Shrinkage& shrinkage, int count, float* out) {
  constexpr int kChunk = 64;
  float seeds[kChunk];
  for (int first = 0; first < count; first += kChunk) {
    const int size = std::min(kChunk, count - first);
    seedRoots<Root>(a + first, b + first, size, seeds);
    forEachVector<V>(size, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
      using W = decltype(v);
      const auto zero = W::splat(0.0f), value = W::load(b + first + i) - W::load(a + first + i);
      const auto magnitude = W::max(value, -value);
      const auto kept = W::less(W::splat(shrinkage.threshold), magnitude);
      if (!W::any(kept)) return W::store(out + first + i, zero);
      const auto root = Root::template solve<W>(W::load(seeds + i), magnitude, W::splat(shrinkage.constant));
      W::store(out + first + i, W::select(kept, W::select(W::less(value, zero), -root, root), zero));
    });
  }
}

/// w - |v| + constant w^(alpha - 1) = 0, from the right, step by step for some pixels at a time. Loops without
/// branches, which compilers make vectors of.
void shrinkGeneral(const float* a, const float* b, const Shrinkage& shrinkage, int count, float* out) {
  constexpr int kChunk = 64, kSteps = 6;
  const float power = shrinkage.alpha - 2.0f, slope = 1.0f - shrinkage.alpha, threshold = shrinkage.threshold;
  float value[kChunk], magnitude[kChunk], w[kChunk];
  for (int first = 0; first < count; first += kChunk) {
    const int size = std::min(kChunk, count - first);
    for (int i = 0; i < size; ++i) {
      value[i] = b[first + i] - a[first + i];
      // What is at most the threshold has no root or is not to take it: it is kept out of trouble, and dropped later.
      const auto kept = static_cast<float>(std::fabs(value[i]) > threshold);
      w[i] = magnitude[i] = kept * std::fabs(value[i]) + (1.0f - kept) * 4.0f * threshold;
    }
    for (int step = 0; step < kSteps; ++step) {
      for (int i = 0; i < size; ++i) {
        const float pull = shrinkage.constant * exp2Of(power * log2Of(w[i]));
        w[i] -= (w[i] - magnitude[i] + pull * w[i]) / (1.0f - slope * pull);
      }
    }
    for (int i = 0; i < size; ++i) {
      out[first + i] = std::copysign(static_cast<float>(std::fabs(value[i]) > threshold) * w[i], value[i]);
    }
  }
}

template <class V>
void shrinkDifference(const float* a, const float* b, const Shrinkage& shrinkage, int count, float* out) {
  switch (shrinkage.kind) {
    case Shrinkage::Kind::kHalf: return shrinkSpecial<V, HalfRoot>(a, b, shrinkage, count, out);
    case Shrinkage::Kind::kTwoThirds: return shrinkSpecial<V, TwoThirdsRoot>(a, b, shrinkage, count, out);
    case Shrinkage::Kind::kGeneral: return shrinkGeneral(a, b, shrinkage, count, out);
  }
}

template <class V>
void divergence(const float* x, const float* y, const float* yAbove, int count, float* out) {
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    W::store(out + i, W::load(x + i - 1) - W::load(x + i) + (W::load(yAbove + i) - W::load(y + i)));
  });
}
