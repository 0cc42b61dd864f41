// Sums of weighted products. Include inside the unit's anonymous namespace, after functions.inl.

/// ratio *= factor, what leaves [1, 2) going into the exponent.
PERIFOCAL_INLINE void multiplyRatio(const Doubles& factor, double* ratio, std::int64_t* exponent) {
  constexpr std::int64_t kFraction = (std::int64_t{1} << 52) - 1, kOne = std::int64_t{1023} << 52;
  typedef std::int64_t UnalignedWords __attribute__((vector_size(64), aligned(8), may_alias));
  const Doubles product = at(ratio) * factor;
  const Words bits = reinterpret_cast<Words>(product);
  *reinterpret_cast<UnalignedWords*>(exponent) += (bits >> 52) - std::int64_t{1023};
  const Words fraction = (bits & kFraction) | kOne;
  at(ratio) = reinterpret_cast<Doubles>(fraction);
}

template <int unknowns>
void accumulateFew(const NormalJob& job, NormalSums& sums) {
  const double light = std::max(job.flux, 0.0);
  for (int i = 0; i < job.count; i += kLanes) {
    const Doubles value = at(job.value + i), signal = value * light;
    const Doubles variance = signal * (job.perFlux + job.misfit * signal) + job.sky;
    Doubles weight = 1 / variance, factor = variance * (1 / job.sky);
    if (job.count - i < kLanes) {
      keepLanes(job.count - i, weight);
      for (int lane = job.count - i; lane < kLanes; ++lane) factor[lane] = 1;
    }
    const Doubles residual = at(job.observed + i) - value * job.flux - job.background;
    at(sums.squares) += weight * residual * residual;
    multiplyRatio(factor, sums.ratio, sums.exponent);
    Doubles slopes[unknowns];
    for (int a = 0; a < unknowns; ++a) {
      slopes[a] = job.slopes[a] == nullptr ? Doubles{} + job.scales[a] : at(job.slopes[a] + i) * job.scales[a];
    }
    double(*product)[kPointLanes] = sums.products;
    for (int a = 0; a < unknowns; ++a) {
      const Doubles scaled = weight * slopes[a];
      at(sums.rights[a]) += scaled * residual;
      for (int b = 0; b <= a; ++b) at(*product++) += scaled * slopes[b];
    }
  }
}

void accumulate(const NormalJob& job, NormalSums& sums) {
  switch (job.unknowns) {
    case 4: return accumulateFew<4>(job, sums);
    case 5: return accumulateFew<5>(job, sums);
    case 6: return accumulateFew<6>(job, sums);
    default: return accumulateFew<7>(job, sums);
  }
}
