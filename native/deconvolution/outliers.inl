// Rows of what tells defects from scenes. Include inside the unit's anonymous namespace, after rows.inl. Nothing is
// fused, so that no bit depends on the instruction set.

/// The largest of all values, whatever vectors they come in.
template <class V>
struct RowMost {
  typename V::Vec lanes = V::splat(0.0f);
  float rest = 0.0f;

  PERIFOCAL_INLINE void add(V, typename V::Vec value) { lanes = V::max(lanes, value); }
  PERIFOCAL_INLINE void add(ScalarFloats, float value)
    requires(!std::is_same_v<V, ScalarFloats>)
  {
    rest = std::max(rest, value);
  }
  float most() const {
    float values[V::kWidth];
    V::store(values, lanes);
    return std::max(rest, *std::max_element(values, values + V::kWidth));
  }
};

/// Weights are the same on opposite sides.
template <class V>
float departures(const float* row, std::ptrdiff_t pitch, const float* weights, int count, float* out) {
  constexpr int kSide = 5, kHalf = kSide * kSide / 2;
  RowMost<V> farthest;
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    auto departure = W::load(row + i);
    for (int tap = 0; tap < kHalf; ++tap) {
      const std::ptrdiff_t to = (tap / kSide - kSide / 2) * pitch + tap % kSide - kSide / 2;
      departure = departure - W::splat(weights[tap]) * (W::load(row + i + to) + W::load(row + i - to));
    }
    W::store(out + i, departure);
    farthest.add(v, W::max(departure, W::splat(0.0f) - departure));
  });
  return farthest.most();
}

template <class V>
void spreads(const float* row, std::ptrdiff_t pitch, int count, float* out) {
  constexpr int kSide = 5, kHalf = kSide * kSide / 2;
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    auto largest = W::splat(-INFINITY), least = W::splat(INFINITY);
    for (int tap = 0; tap < kHalf; ++tap) {
      const std::ptrdiff_t to = (tap / kSide - kSide / 2) * pitch + tap % kSide - kSide / 2;
      const auto one = W::load(row + i + to), other = W::load(row + i - to);
      largest = W::max(largest, W::max(one, other));
      least = W::min(least, W::min(one, other));
    }
    W::store(out + i, largest - least);
  });
}

template <class V>
void sideSpreads(const float* row, std::ptrdiff_t pitch, int count, float* out) {
  constexpr int kReach = 2;
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    auto quietest = W::splat(INFINITY);
    for (const std::ptrdiff_t across : {std::ptrdiff_t{1}, pitch}) {
      const std::ptrdiff_t along = across == 1 ? pitch : 1;
      for (const std::ptrdiff_t to : {-across, across}) {
        auto largest = W::splat(-INFINITY), least = W::splat(INFINITY);
        for (int k = -kReach; k <= kReach; ++k) {
          const auto near = W::load(row + i + to + k * along), far = W::load(row + i + 2 * to + k * along);
          largest = W::max(largest, W::max(near, far));
          least = W::min(least, W::min(near, far));
        }
        quietest = W::min(quietest, largest - least);
      }
    }
    W::store(out + i, quietest);
  });
}

template <class V>
float clusterExcess(const ClusterRow& job, int count, float* out) {
  const Cluster& cluster = *job.cluster;
  RowMost<V> most;
  forEachVector<V>(count, [&](auto v, int i) PERIFOCAL_INLINE_LAMBDA {
    using W = decltype(v);
    auto least = W::splat(INFINITY);
    for (int member = 0; member < job.members; ++member) {
      auto far = W::splat(0.0f);
      for (int k = 0; k < cluster.count; ++k) {
        const std::ptrdiff_t to = cluster.y[k] * job.pitch + cluster.x[k];
        far = far + W::splat(cluster.inverse[member][k]) * W::load(job.departures + i + to);
      }
      const auto side = W::load(job.sides + i + cluster.y[member] * job.pitch + cluster.x[member]);
      const auto limit = W::splat(job.limits[member]) + W::splat(job.shares[member]) * side;
      least = W::min(least, W::max(far, W::splat(0.0f) - far) - limit);
    }
    W::store(out + i, least);
    most.add(v, least);
  });
  return most.most();
}
