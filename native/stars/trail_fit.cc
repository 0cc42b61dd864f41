#include "stars/trail_fit.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

#include "runtime/parallel.h"
#include "stars/normal_equations.h"

namespace perifocal {
namespace {

/// Lags across the motion, and beyond its length, that the model is fitted to.
constexpr double kAcross = 6, kAhead = 1.3, kMargin = 8;
/// Lengths that the fit starts from besides that of the moments, where these do not lead to a good one.
constexpr double kStarts[] = {4, 12, 28, 56};
constexpr double kGoodMisfit = 0.1;
/// Lags brighter than this part of the brightest count for the moments.
constexpr double kFaint = 0.15;
constexpr double kShortest = 2;
constexpr int kMostSteps = 60;
constexpr double kSmallestGain = 1e-8, kFirstDamping = 1e-3, kMostDamping = 1e8;
constexpr double kUsualVariance = 3;
/// angle, length, log variance, amplitude, level
constexpr int kUnknowns = 5;

struct Moments {
  double angle, length;
};

/// By the second moments of the lags that are bright.
Moments momentsOf(const Autocorrelation& correlation, double longest) {
  const int reach = std::min(correlation.reach() - 1, static_cast<int>(std::ceil(longest)));
  const auto visit = [&](auto&& see) {
    for (int dy = -reach; dy <= reach; ++dy) {
      for (int dx = -reach; dx <= reach; ++dx) {
        if (dx != 0 || dy != 0) see(dx, dy, correlation.at(dx, dy));
      }
    }
  };
  double peak = 0, xx = 0, yy = 0, xy = 0, sum = std::numeric_limits<double>::min();
  visit([&](int, int, double value) { peak = std::max(peak, value); });
  visit([&](int dx, int dy, double value) {
    const double weight = std::max(0.0, value - kFaint * peak);
    xx += weight * dx * dx;
    yy += weight * dy * dy;
    xy -= weight * dx * dy;
    sum += weight;
  });
  const double spread = std::hypot(xx - yy, 2 * xy) / sum;
  return {0.5 * std::atan2(2 * xy, xx - yy),
          std::clamp(std::sqrt(6 * spread), kShortest, std::max(kShortest, longest))};
}

/// Half of the lags near a trail, the other half being the same, with the brightest as 1.
class Lags {
 public:
  Lags(const Autocorrelation& correlation, const Moments& start) {
    const int ahead = std::min(correlation.reach() - 1, static_cast<int>(std::ceil(kAhead * start.length + kMargin)));
    const double c = std::cos(start.angle), s = std::sin(start.angle);
    double brightest = 0;
    for (int dy = 0; dy <= ahead; ++dy) {
      for (int dx = dy == 0 ? 1 : -ahead; dx <= ahead; ++dx) {
        if (std::fabs(dx * s + dy * c) >= kAcross || std::fabs(dx * c - dy * s) >= ahead) continue;
        x_.push_back(dx);
        y_.push_back(dy);
        values_.push_back(correlation.at(dx, dy));
        brightest = std::max(brightest, std::fabs(values_.back()));
      }
    }
    count_ = static_cast<int>(x_.size());
    for (double& value : values_) {
      value /= std::max(brightest, std::numeric_limits<double>::min());
      spread_ += value * value / count_;
    }
    for (std::vector<double>* list : {&x_, &y_, &values_}) list->resize(paddedPoints(count_));
    for (std::vector<double>& row : rows_) row.resize(paddedPoints(count_));
  }

  int count() const { return count_; }
  double spread() const { return std::sqrt(spread_); }
  /// The model of this shape with an amplitude of 1, at lag 0 the brightest.
  void sample(const double* values, const StarKernels& kernels) {
    const LagModel model{values[1], std::cos(values[0]), std::sin(values[0]), std::exp(values[2] / 2)};
    kernels.sampleLags(model, {x_.data(), y_.data(), count_},
                       {rows_[0].data(), rows_[1].data(), rows_[2].data(), rows_[3].data()});
  }
  NormalJob job(double amplitude, double level) const {
    return {.observed = values_.data(),
            .value = rows_[0].data(),
            .count = count_,
            .flux = amplitude,
            .background = level,
            .sky = 1,
            .perFlux = 0,
            .misfit = 0,
            .unknowns = kUnknowns,
            .slopes = {rows_[1].data(), rows_[2].data(), rows_[3].data(), rows_[0].data(), nullptr},
            .scales = {amplitude, amplitude, amplitude, 1, 1}};
  }

 private:
  int count_ = 0;
  double spread_ = 0;
  std::vector<double> x_, y_, values_, rows_[4];
};

struct LagState {
  double values[kUnknowns];
  NormalEquations equations;
};

void measure(Lags& lags, const StarKernels& kernels, LagState& state) {
  lags.sample(state.values, kernels);
  NormalSums sums;
  kernels.accumulate(lags.job(state.values[3], state.values[4]), sums);
  state.equations = equationsOf(sums, kUnknowns);
}

/// A step of Levenberg and Marquardt's method, measured; false where the system is singular.
bool advance(const LagState& state, double damping, Lags& lags, const StarKernels& kernels, LagState& moved) {
  SmallMatrix inverse;
  if (!invert(damped(state.equations.products, damping), inverse)) return false;
  for (int i = 0; i < kUnknowns; ++i) {
    moved.values[i] = state.values[i];
    for (int j = 0; j < kUnknowns; ++j) moved.values[i] += inverse.at(i, j) * state.equations.rights[j];
  }
  moved.values[1] = std::fabs(moved.values[1]);
  measure(lags, kernels, moved);
  return true;
}

/// Of a long trail the triangle's top is 1, of a short one lower.
double topOf(double length, double variance) {
  const double z = length / std::sqrt(variance), density = std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
  return (z * std::erf(z / std::numbers::sqrt2) + 2 * density - std::sqrt(2 / std::numbers::pi)) / z;
}

TrailFit fitFrom(const Autocorrelation& correlation, const Moments& start, double longest, const StarKernels& kernels,
                 const Team& team) {
  constexpr double kNone = std::numeric_limits<double>::infinity();
  Lags lags(correlation, start);
  LagState state{{start.angle, start.length, std::log(kUsualVariance), 1 / topOf(start.length, kUsualVariance), 0}, {}};
  measure(lags, kernels, state);
  double damping = kFirstDamping;
  for (int step = 0; step < kMostSteps && !team.cancelled(); ++step) {
    LagState moved;
    if (!advance(state, damping, lags, kernels, moved) || !(moved.equations.squares < state.equations.squares)) {
      damping *= 10;
      if (damping > kMostDamping) break;
      continue;
    }
    const bool isDone = state.equations.squares - moved.equations.squares < kSmallestGain * state.equations.squares;
    state = moved;
    damping = std::max(1e-12, damping / 10);
    if (isDone) break;
  }
  SmallMatrix inverse;
  const bool isKnown = invert(state.equations.products, inverse);
  const double variance = state.equations.squares / std::max(1, lags.count() - kUnknowns), length = state.values[1];
  // False for NaN as well.
  const auto sigmaOf = [&](int unknown) {
    const double square = isKnown ? variance * inverse.at(unknown, unknown) : kNone;
    return square >= 0 ? std::sqrt(square) : kNone;
  };
  const bool isSane = length <= 1.5 * longest && lags.spread() > 0;
  return {length,
          state.values[0],
          std::sqrt(std::exp(state.values[2]) / 2),
          isSane ? std::sqrt(state.equations.squares / lags.count()) / lags.spread() : kNone,
          sigmaOf(1),
          sigmaOf(0)};
}

/// The best of fits from lengths of all sizes, and of `first`.
TrailFit fitFromAll(const Autocorrelation& correlation, double angle, const TrailFit& first, double longest,
                    const StarKernels& kernels, Team& team) {
  constexpr int kCount = sizeof(kStarts) / sizeof(kStarts[0]);
  TrailFit fits[kCount];
  forEach(team, kCount, [&](int i, int) {
    fits[i] = kStarts[i] < longest ? fitFrom(correlation, {angle, kStarts[i]}, longest, kernels, team) : first;
  });
  TrailFit best = first;
  for (const TrailFit& fit : fits) {
    if (fit.misfit < best.misfit) best = fit;
  }
  return best;
}

}  // namespace

TrailFit fitTrail(const Autocorrelation& correlation, double longest, const StarKernels& kernels, Team& team) {
  const Moments moments = momentsOf(correlation, longest);
  const TrailFit first = fitFrom(correlation, moments, longest, kernels, team);
  const TrailFit best =
      first.misfit < kGoodMisfit ? first : fitFromAll(correlation, moments.angle, first, longest, kernels, team);
  if (best.misfit == std::numeric_limits<double>::infinity()) return best;
  // Once more, with the lags that a trail of this length has.
  return fitFrom(correlation, {best.angle, best.length}, longest, kernels, team);
}

}  // namespace perifocal
