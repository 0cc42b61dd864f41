// The w-step of hyper-Laplacian deconvolution (Krishnan and Fergus 2009) by Newton's method instead of a table. Include
// inside the unit's anonymous namespace, after math.inl.

/// alpha = 1/2, t = sqrt(w): t^3 - |v| t + constant = 0, from the right.
template <class V>
PERIFOCAL_INLINE typename V::Vec newtonHalf(typename V::Vec magnitude, typename V::Vec constant) {
  auto t = V::sqrt(magnitude);
  for (int i = 0; i < 4; ++i) {
    const auto square = t * t;
    t = V::fma(square + square, t, -constant) / V::fma(V::splat(3.0f), square, -magnitude);
  }
  return t * t;
}

/// alpha = 2/3, t = cbrt(w): t^4 - |v| t + constant = 0.
template <class V>
PERIFOCAL_INLINE typename V::Vec newtonTwoThirds(typename V::Vec seed, typename V::Vec magnitude,
                                                 typename V::Vec constant) {
  auto t = seed;
  for (int i = 0; i < 6; ++i) {
    const auto cube = t * t * t, three = V::splat(3.0f) * cube;
    t = V::fma(three, t, -constant) / (three + (cube - magnitude));
  }
  return t * t * t;
}

/// Cube roots within 5 % by a third of the exponent (Kahan); 0 gives a small number.
void seedCubeRoots(const float* a, const float* b, int count, float* out) {
  for (int i = 0; i < count; ++i) {
    const auto bits = std::bit_cast<std::int32_t>(std::fabs(b[i] - a[i]));
    const auto third = static_cast<std::int32_t>(static_cast<float>(bits) * (1.0f / 3));
    out[i] = std::bit_cast<float>(third + 709921077);
  }
}

template <class V>
void shrinkSpecial(const float* a, const float* b, const Shrinkage& shrinkage, int count, float* out) {
  const bool half = shrinkage.kind == Shrinkage::Kind::kHalf;
  if (!half) seedCubeRoots(a, b, count, out);
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    const auto zero = W::splat(0.0f), value = W::load(b + i) - W::load(a + i), magnitude = W::max(value, -value);
    const auto constant = W::splat(shrinkage.constant);
    const auto root = half ? newtonHalf<W>(magnitude, constant)
                           : newtonTwoThirds<W>(W::load(out + i), magnitude, constant);
    const auto signedRoot = W::select(W::less(value, zero), -root, root);
    W::store(out + i, W::select(W::less(W::splat(shrinkage.threshold), magnitude), signedRoot, zero));
  });
}

/// w - |v| + constant w^(alpha - 1) = 0, from the right.
void shrinkGeneral(const float* a, const float* b, const Shrinkage& shrinkage, int count, float* out) {
  const float power = shrinkage.alpha - 2.0f, slope = 1.0f - shrinkage.alpha;
  for (int i = 0; i < count; ++i) {
    const float value = b[i] - a[i], magnitude = std::fabs(value);
    const bool kept = magnitude > shrinkage.threshold;
    const float v = kept ? magnitude : 4.0f * shrinkage.threshold;
    float w = v;
    for (int step = 0; step < 6; ++step) {
      const float pull = shrinkage.constant * exp2Of(power * log2Of(w));
      w -= (w - v + pull * w) / (1.0f - slope * pull);
    }
    out[i] = kept ? std::copysign(w, value) : 0.0f;
  }
}

template <class V>
void shrinkDifference(const float* a, const float* b, const Shrinkage& shrinkage, int count, float* out) {
  if (shrinkage.kind == Shrinkage::Kind::kGeneral) return shrinkGeneral(a, b, shrinkage, count, out);
  shrinkSpecial<V>(a, b, shrinkage, count, out);
}

template <class V>
void divergence(const float* x, const float* y, const float* yAbove, int count, float* out) {
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    W::store(out + i, W::load(x + i - 1) - W::load(x + i) + (W::load(yAbove + i) - W::load(y + i)));
  });
}
