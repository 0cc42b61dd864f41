// The autocorrelation of a streak and its derivatives (kernel-estimation 5). Include inside the unit's anonymous
// namespace, after functions.inl.

/// z = t / sigma: what triangles are made of.
struct Ramp {
  Doubles z, erf, gauss;

  PERIFOCAL_INLINE void set(const Doubles& t, double sigma) {
    z = t * (1 / sigma);
    gauss = z * z * 0.5;
    decay(gauss);
    errorFunction(z * (1 / std::numbers::sqrt2), gauss, erf);
    gauss *= 1 / std::sqrt(2 * std::numbers::pi);
  }
};

/// Of a trail much shorter than this many standard deviations nothing is known.
constexpr double kShortestLag = 1e-2;

void sampleLags(const LagModel& model, const Points& lags, const LagRows& out) {
  const double length = model.length, sigma = model.sigma;
  for (int i = 0; i < lags.count; i += kLanes) {
    const Doubles x = at(lags.x + i), y = at(lags.y + i);
    const Doubles p = x * model.cos - y * model.sin, q = x * model.sin + y * model.cos;
    Doubles across = q * q * (1 / (2 * sigma * sigma));
    decay(across);
    Doubles value, byP, byLength, bySigma;
    if (length < kShortestLag * sigma) {
      value = p * p * (1 / (2 * sigma * sigma));
      decay(value);
      byP = p * value * (-1 / (sigma * sigma));
      byLength = Doubles{};
      bySigma = value * p * p * (1 / (sigma * sigma * sigma));
    } else {
      Ramp before, here, after;
      before.set(p + length, sigma);
      here.set(p, sigma);
      after.set(p - length, sigma);
      const double share = 1 / length;
      // z Phi(z) + phi(z) of the three: what is linear in z cancels.
      const Doubles rises = (before.z * before.erf - 2 * here.z * here.erf + after.z * after.erf) * 0.5;
      const Doubles bends = before.gauss - 2 * here.gauss + after.gauss;
      value = (rises + bends) * (sigma * share);
      byP = (before.erf - 2 * here.erf + after.erf) * (0.5 * share);
      byLength = (before.erf - after.erf) * (0.5 * share) - value * share;
      bySigma = bends * share;
    }
    const Doubles turned = value * across * (1 / (sigma * sigma));
    at(out.value + i) = value * across;
    at(out.byAngle + i) = -q * (byP * across + p * turned);
    at(out.byLength + i) = byLength * across;
    at(out.byLogVariance + i) = (bySigma * across + turned * q * q * (1 / sigma)) * (sigma / 2);
  }
}
