#include "stars/star_pixels.h"

#include <algorithm>
#include <cmath>

namespace perifocal {
namespace {

/// Pixels that are sampled before they are summed: what fits the first-level cache.
constexpr int kAtOnce = 256;
/// What noise may do to a sum of squares, in standard deviations.
constexpr double kByChance = 4;

}  // namespace

StarPixels::StarPixels(const StarPlane& plane, const std::vector<StarStart>& starts, int star, double far) {
  const StarStart& own = starts[star];
  const auto squareTo = [](const StarStart& a, double x, double y) {
    return (x - a.x) * (x - a.x) + (y - a.y) * (y - a.y);
  };
  std::vector<StarStart> near;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (static_cast<int>(i) != star && squareTo(starts[i], own.x, own.y) < 4 * far * far) near.push_back(starts[i]);
  }
  const int right = static_cast<int>(std::min<double>(plane.width - 1, std::floor(own.x + far)));
  const int bottom = static_cast<int>(std::min<double>(plane.height - 1, std::floor(own.y + far)));
  std::vector<double> xs, ys, values;
  for (int y = static_cast<int>(std::max(0.0, std::ceil(own.y - far))); y <= bottom; ++y) {
    for (int x = static_cast<int>(std::max(0.0, std::ceil(own.x - far))); x <= right; ++x) {
      const double off = squareTo(own, x, y);
      if (off > far * far) continue;
      if (std::any_of(near.begin(), near.end(), [&](const StarStart& other) { return squareTo(other, x, y) < off; }))
        continue;
      if (plane.invalid[plane.at(x, y)] != 0) {
        saturated_ = saturated_ || plane.invalid[plane.at(x, y)] == 1;
        continue;
      }
      xs.push_back(x);
      ys.push_back(y);
      values.push_back(plane.data[plane.at(x, y)]);
    }
  }
  count_ = static_cast<int>(xs.size());
  lists_.resize(3 * static_cast<std::size_t>(paddedPoints(count_)));
  std::copy(xs.begin(), xs.end(), lists_.begin());
  std::copy(ys.begin(), ys.end(), lists_.begin() + paddedPoints(count_));
  std::copy(values.begin(), values.end(), lists_.begin() + 2 * paddedPoints(count_));
}

NormalEquations StarPixels::measure(const StarValues& values, const StarProfile& profile, const PixelNoise& noise,
                                    bool isFree, const StarKernels& kernels) const {
  double samples[3 + kMostShape][kAtOnce] = {};
  const ProfileRows rows{samples[0], samples[1], samples[2], {samples[3], samples[4], samples[5]}};
  const double flux = values.flux;
  NormalJob job{.observed = nullptr,
                .value = samples[0],
                .count = 0,
                .flux = flux,
                .background = values.background,
                .sky = noise.sky * noise.sky,
                .perFlux = noise.perFlux,
                .misfit = noise.misfit * noise.misfit,
                .unknowns = kPlace + (isFree ? profile.shapeCount() : 0),
                .slopes = {samples[1], samples[2], samples[0], nullptr, samples[3], samples[4], samples[5]},
                .scales = {-flux, -flux, 1, 1, flux, flux, flux}};
  NormalSums sums;
  for (int first = 0; first < count_; first += kAtOnce) {
    job.count = std::min(kAtOnce, count_ - first);
    profile.sample(values.x, values.y, {list(0) + first, list(1) + first, job.count}, rows);
    job.observed = list(2) + first;
    kernels.accumulate(job, sums);
  }
  return equationsOf(sums, job.unknowns);
}

double StarPixels::misfit(const StarValues& values, const StarProfile& profile, const PixelNoise& noise) const {
  double samples[3 + kMostShape][kAtOnce] = {};
  const ProfileRows rows{samples[0], samples[1], samples[2], {samples[3], samples[4], samples[5]}};
  double residuals = 0, light = 0, expected = 0, chance = 0;
  const double sky = noise.sky * noise.sky;
  for (int first = 0; first < count_; first += kAtOnce) {
    const int count = std::min(kAtOnce, count_ - first);
    profile.sample(values.x, values.y, {list(0) + first, list(1) + first, count}, rows);
    for (int i = 0; i < count; ++i) {
      const double weight = samples[0][i], model = values.flux * weight;
      const double off = list(2)[first + i] - model - values.background, variance = sky + noise.perFlux * model;
      residuals += weight * off * off;
      light += weight * model * model;
      expected += weight * variance;
      chance += 2 * weight * weight * variance * variance;
    }
  }
  const double excess = residuals - expected - kByChance * std::sqrt(chance);
  return light > 0 ? std::max(0.0, excess) / light : 0;
}

}  // namespace perifocal
