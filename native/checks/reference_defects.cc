#include "checks/reference_defects.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace perifocal::checks {
namespace {

constexpr double kUnclear = 0.04;  ///< part of a limit

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

class Reference {
 public:
  explicit Reference(DefectProblem& problem)
      : p_(problem), before_(problem.samples), counts_(problem.valid), states_(problem.valid) {
    for (int y = 0; y < p_.height; ++y) {
      for (int x = 0; x < p_.width; ++x) departures_.push_back(departure(x, y));
    }
    noise_ = std::max(p_.step / std::sqrt(12.0), 1.4826 * medianWithin(0, 0, p_.width, p_.height));
  }

  ReferenceDefects find() {
    ReferenceDefects found{std::vector<std::uint8_t>(p_.samples.size()), true};
    for (;;) {
      int farthest = -1;
      double most = 0;
      for (int i = 0; i < p_.width * p_.height; ++i) {
        const double excess = excessOf(i % p_.width, i / p_.width);
        if (std::fabs(excess - 1) < kUnclear) found.isClear = false;
        const double far = std::fabs(departure(i % p_.width, i / p_.width));
        if (excess > 1 && far > most) farthest = i, most = far;
      }
      if (farthest < 0 || !found.isClear) return found;
      found.isDefect[farthest] = 1;
      states_[farthest] = 0;
      p_.samples[farthest] -= departure(farthest % p_.width, farthest / p_.width);
      if (p_.rounding > 0) p_.samples[farthest] = std::round(p_.samples[farthest] / p_.rounding) * p_.rounding;
    }
  }

 private:
  double departure(int x, int y) const {
    double predicted = 0;
    for (int dy = -2; dy <= 2; ++dy) {
      for (int dx = -2; dx <= 2; ++dx) predicted += p_.weights[(dy + 2) * 5 + dx + 2] * p_.at(x + dx, y + dy);
    }
    return p_.at(x, y) - predicted;
  }

  double medianWithin(int left, int top, int right, int bottom) const {
    std::vector<double> values;
    for (int y = top; y < std::min(bottom, p_.height); ++y) {
      for (int x = left; x < std::min(right, p_.width); ++x) {
        if (!isByMissing(x, y)) values.push_back(std::fabs(departures_[y * p_.width + x]));
      }
    }
    return median(values);
  }

  bool isByMissing(int x, int y) const {
    for (int v = std::max(0, y - 2); v <= std::min(p_.height - 1, y + 2); ++v) {
      for (int u = std::max(0, x - 2); u <= std::min(p_.width - 1, x + 2); ++u) {
        if (counts_[v * p_.width + u] == 0) return true;
      }
    }
    return false;
  }

  /// Above 1: no blurred scene has it.
  double excessOf(int x, int y) const {
    if (states_[y * p_.width + x] == 0 || isByMissing(x, y)) return 0;
    const double far = std::fabs(departure(x, y)), noise = 7 * noiseAt(x, y);
    const double beyond = far - noise;
    if (beyond <= -kUnclear * noise) return 0;
    double most = 0;
    const std::vector<double> around = sortedAround(x, y);
    for (int dropped = 0; dropped < 3; ++dropped) {
      const double spread = around[23 - dropped] - around[dropped];
      most = std::max(most, beyond / ((1.5 * p_.spreadShares[dropped] + 0.1) * spread));
    }
    return std::min(far / noise, most);
  }

  /// Of a block of 32 x 32, by every second pixel of every second row; it grows with the light as that of photons.
  double noiseAt(int x, int y) const {
    std::vector<double> values;
    double level = 0;
    for (int v = y / 32 * 32; v < std::min(p_.height, y / 32 * 32 + 32); v += 2) {
      for (int u = x / 32 * 32; u < std::min(p_.width, x / 32 * 32 + 32); u += 2) {
        values.push_back(std::fabs(departures_[v * p_.width + u]));
        level += before_[v * p_.width + u];
      }
    }
    level /= static_cast<double>(values.size());
    const double here = std::max(noise_, 1.4826 * median(values)), predicted = p_.at(x, y) - departure(x, y);
    return predicted > level ? here * std::sqrt(predicted / level) : here;
  }

  std::vector<double> sortedAround(int x, int y) const {
    std::vector<double> around;
    for (int i = 0; i < 25; ++i) {
      if (i != 12) around.push_back(p_.at(x + i % 5 - 2, y + i / 5 - 2));
    }
    std::sort(around.begin(), around.end());
    return around;
  }

  DefectProblem& p_;
  const std::vector<double> before_;
  const std::vector<std::uint8_t> counts_;
  std::vector<std::uint8_t> states_;
  std::vector<double> departures_;
  double noise_ = 0;
};

}  // namespace

double DefectProblem::at(int x, int y) const {
  const int u = std::min(std::abs(x), 2 * (width - 1) - std::abs(x));
  const int v = std::min(std::abs(y), 2 * (height - 1) - std::abs(y));
  return samples[static_cast<std::size_t>(v) * width + u];
}

ReferenceDefects referenceSingles(DefectProblem problem) { return Reference(problem).find(); }

}  // namespace perifocal::checks
