// The density of a streak and its derivatives (star-sensor B.1). Include inside the unit's anonymous namespace, after
// functions.inl.

/// Shorter than this many standard deviations a streak is a Gaussian, and its length has no influence.
constexpr double kShortest = 1e-3;

/// One factor of the density, and its derivatives.
struct Along {
  Doubles value, byP, byLength, bySigma;
};

PERIFOCAL_INLINE void sampleAlong(double length, double sigma, const Doubles& p, Along& out) {
  const double narrow = 1 / (2 * sigma * sigma), scale = 1 / (sigma * std::numbers::sqrt2);
  const double top = 1 / (sigma * std::sqrt(2 * std::numbers::pi));
  if (length < kShortest * sigma) {
    Doubles gauss = p * p * narrow;
    decay(gauss);
    out.value = gauss * top;
    out.byP = p * out.value * (-1 / (sigma * sigma));
    out.byLength = Doubles{};
    out.bySigma = out.value * (p * p * (1 / (sigma * sigma * sigma)) - 1 / sigma);
    return;
  }
  const Doubles ahead = p + length / 2, behind = p - length / 2;
  Doubles gaussAhead = ahead * ahead * narrow, gaussBehind = behind * behind * narrow, erfAhead, erfBehind;
  decay(gaussAhead);
  decay(gaussBehind);
  errorFunction(ahead * scale, gaussAhead, erfAhead);
  errorFunction(behind * scale, gaussBehind, erfBehind);
  const double share = top / length;
  out.value = (erfAhead - erfBehind) * (0.5 / length);
  out.byP = (gaussAhead - gaussBehind) * share;
  out.byLength = (gaussAhead + gaussBehind) * (0.5 * share) - out.value * (1 / length);
  out.bySigma = (behind * gaussBehind - ahead * gaussAhead) * (share / sigma);
}

void sampleStreak(const Streak& streak, double x, double y, const Points& points, const ProfileRows& out) {
  const double sigma = streak.sigma, narrow = 1 / (2 * sigma * sigma);
  const double top = 1 / (sigma * std::sqrt(2 * std::numbers::pi));
  for (int i = 0; i < points.count; i += kLanes) {
    const Doubles dx = at(points.x + i) - x, dy = at(points.y + i) - y;
    const Doubles p = dx * streak.cos - dy * streak.sin, q = dx * streak.sin + dy * streak.cos;
    Along along;
    sampleAlong(streak.length, sigma, p, along);
    Doubles across = q * q * narrow;
    decay(across);
    across *= top;
    const Doubles value = along.value * across, byP = along.byP * across, byQ = value * q * (-1 / (sigma * sigma));
    at(out.value + i) = value;
    at(out.byX + i) = byP * streak.cos + byQ * streak.sin;
    at(out.byY + i) = byQ * streak.cos - byP * streak.sin;
    at(out.byShape[0] + i) = along.byLength * across;
    at(out.byShape[1] + i) = p * byQ - q * byP;
    at(out.byShape[2] + i) =
        (along.bySigma * across + value * (q * q * (1 / (sigma * sigma * sigma)) - 1 / sigma)) * streak.sigmaSlope;
  }
}
