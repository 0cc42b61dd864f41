#include "metrics/distributions.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace perifocal {
namespace {

/// Shapes that are tried: 0.2 to 10 in steps of 0.001.
constexpr int kShapes = 9801;
double shapeOf(int index) { return 0.2 + 0.001 * index; }

/// Gamma(2/a)^2 / (Gamma(1/a) Gamma(3/a)) of every shape a; rises with it.
const std::vector<double>& ratios() {
  static const std::vector<double> table = [] {
    std::vector<double> values(kShapes);
    for (int i = 0; i < kShapes; ++i) {
      const double a = shapeOf(i);
      values[i] = std::tgamma(2 / a) * std::tgamma(2 / a) / (std::tgamma(1 / a) * std::tgamma(3 / a));
    }
    return values;
  }();
  return table;
}

/// The shape whose `valueOf(ratio)`, rising or falling, is nearest to the target; the first one for NaN.
template <class ValueOf>
double nearestShape(double target, ValueOf valueOf) {
  if (std::isnan(target)) return shapeOf(0);
  const std::vector<double>& table = ratios();
  const bool rises = valueOf(table.back()) > valueOf(table.front());
  const auto isBefore = [&](double ratio) { return rises ? valueOf(ratio) < target : valueOf(ratio) > target; };
  const int index = static_cast<int>(std::partition_point(table.begin(), table.end(), isBefore) - table.begin());
  if (index == 0 || index == kShapes) return shapeOf(std::min(index, kShapes - 1));
  const double below = std::fabs(target - valueOf(table[index - 1])), above = std::fabs(valueOf(table[index]) - target);
  return shapeOf(below <= above ? index - 1 : index);
}

double totalOf(const double (&lanes)[kMetricLanes]) {
  double sum = 0;
  for (double lane : lanes) sum += lane;
  return sum;
}

}  // namespace

void Moments::add(const LaneMoments& sums) {
  negativeSquares += totalOf(sums.negativeSquares);
  positiveSquares += totalOf(sums.positiveSquares);
  magnitudes += totalOf(sums.magnitudes);
  negatives += totalOf(sums.negatives);
  positives += totalOf(sums.positives);
}

SymmetricFit fitSymmetric(const Moments& m) {
  const double variance = (m.negativeSquares + m.positiveSquares) / m.samples, magnitude = m.magnitudes / m.samples;
  return {nearestShape(variance / (magnitude * magnitude), [](double ratio) { return 1 / ratio; }), variance};
}

AsymmetricFit fitAsymmetric(const Moments& m) {
  const double left = std::sqrt(m.negativeSquares / m.negatives), right = std::sqrt(m.positiveSquares / m.positives);
  const double magnitude = m.magnitudes / m.samples, g = left / right;
  const double r = magnitude * magnitude / ((m.negativeSquares + m.positiveSquares) / m.samples);
  const double normalised = r * (g * g * g + 1) * (g + 1) / ((g * g + 1) * (g * g + 1));
  return {nearestShape(normalised, [](double ratio) { return ratio; }), left, right};
}

double AsymmetricFit::spread() const { return std::tgamma(1 / alpha) / std::tgamma(3 / alpha); }
double AsymmetricFit::skew() const { return std::tgamma(2 / alpha) / std::tgamma(1 / alpha); }

}  // namespace perifocal
