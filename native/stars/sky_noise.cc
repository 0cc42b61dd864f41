#include "stars/sky_noise.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "stars/median.h"

namespace perifocal {
namespace {

/// Rounding alone gives this much of one count: sqrt(1 / 12).
constexpr double kRounding = 0.28867513459481287;
/// The sky of a block whose median absolute deviation is rounded to 0: what remains after clipping at so many
/// deviations.
constexpr double kClip = 4;
constexpr int kClipPasses = 4;
/// Median of |normal| to standard deviations.
constexpr double kDeviations = 1.4826;
/// Part of a normal distribution that is more than one deviation below its middle.
constexpr double kBelow = 0.158655;
/// Points of a censored distribution, up to this part of what is not cut off: stars are above.
constexpr int kTailPoints = 8;
constexpr double kTailEnd = 0.8;
constexpr int kNewtonSteps = 8;

double normalShare(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }
double normalDensity(double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi); }

/// The inverse of normalShare by Newton's method on its logarithm's slope, from a logistic start.
double normalQuantile(double share) {
  double z = std::log(share / (1 - share)) / 1.702;
  for (int step = 0; step < kNewtonSteps; ++step) {
    const double change = (normalShare(z) - share) / std::max(normalDensity(z), 1e-12);
    z -= std::clamp(change, -1.0, 1.0);
  }
  return z;
}

/// The value that a part of the list is below.
double quantileOf(std::span<const float> values, double part) {
  const auto rank = static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1));
  auto [kept, below] = valuesAround(values, rank, rank);
  const auto at = kept.begin() + (rank - below);
  std::nth_element(kept.begin(), at, kept.end());
  return *at;
}

/// Few counts: medians are rounded to whole ones, means are not.
PartSky clipSky(std::span<const float> values, double level, double spread, double count) {
  PartSky sky{std::max(spread, count), level, level, 0};
  for (int pass = 0; pass < kClipPasses; ++pass) {
    const double limit = kClip * std::max(sky.sigma, count / 2), centre = sky.level;
    const auto isKept = [=](double value) { return std::fabs(value - centre) <= limit; };
    double sum = 0, squares = 0;
    std::ptrdiff_t kept = 0;
    for (double value : values) {
      if (!isKept(value)) continue;
      sum += value;
      ++kept;
    }
    if (kept == 0) break;
    sky.level = sum / kept;
    for (double value : values) squares += isKept(value) ? (value - sky.level) * (value - sky.level) : 0;
    sky.sigma = std::sqrt(squares / kept);
  }
  const double sigma = std::max(sky.sigma, count * kRounding);
  return {sigma, sky.level, sky.level, sigma};
}

}  // namespace

PartSky skyOf(std::span<const float> values, double count) {
  if (values.empty()) return {count * kRounding, 0, 0, count * kRounding};
  const double level = medianOf(values);
  std::vector<float> deviations(values.size());
  std::transform(values.begin(), values.end(), deviations.begin(),
                 [=](double v) { return static_cast<float>(std::fabs(v - level)); });
  const double spread = kDeviations * medianOf(std::span<const float>(deviations));
  if (spread > count) return {spread, level, level, level - quantileOf(values, kBelow)};
  return clipSky(values, level, spread, count);
}

double shareAt(std::span<const float> values, double floor) {
  if (values.empty()) return 0;
  const auto isCut = [=](float value) { return value <= floor; };
  return static_cast<double>(std::count_if(values.begin(), values.end(), isCut)) / static_cast<double>(values.size());
}

std::optional<PartSky> gaussianThrough(std::span<const TailPoint> points, double floor) {
  double n = 0, sumZ = 0, sumX = 0, zz = 0, zx = 0;
  for (const auto& [x, share] : points) {
    const double z = normalQuantile(share);
    n += 1;
    sumZ += z;
    sumX += x;
    zz += z * z;
    zx += z * x;
  }
  const double sigma = (n * zx - sumZ * sumX) / (n * zz - sumZ * sumZ);
  if (!(sigma > 0) || !std::isfinite(sigma)) return std::nullopt;
  const double dark = (sumX - sigma * sumZ) / n, z = (floor - dark) / sigma;
  const double mean = normalDensity(z) - z * (1 - normalShare(z));
  const double square = (1 + z * z) * (1 - normalShare(z)) - z * normalDensity(z);
  const double cut = sigma * std::sqrt(std::max(0.0, square - mean * mean));
  return PartSky{sigma, floor + sigma * mean, dark, sigma, std::cbrt(cut * cut * sigma)};
}

std::optional<PartSky> censoredSky(std::vector<float> values, double floor, double cut, double count) {
  const auto size = static_cast<double>(values.size());
  std::sort(values.begin(), values.end());
  std::vector<TailPoint> points;
  for (int i = 0; i < kTailPoints; ++i) {
    const double wanted = cut + (1 - cut) * kTailEnd * i / (kTailPoints - 1);
    const float value = i == 0 ? static_cast<float>(floor) : values[static_cast<std::size_t>(wanted * (size - 1))];
    const auto above = std::upper_bound(values.begin(), values.end(), value);
    const double share = static_cast<double>(above - values.begin()) / size;
    if (share >= 1 || (!points.empty() && share <= points.back().share)) continue;
    // Half-way to the next value: colours together are rounded to parts of a count.
    points.push_back({(static_cast<double>(value) + *above) / 2, share});
  }
  if (points.size() < 2) return std::nullopt;
  std::optional<PartSky> sky = gaussianThrough(points, floor);
  if (sky) sky->sigma = sky->below = std::max(sky->sigma, count * kRounding);
  return sky;
}

}  // namespace perifocal
