#include "deconvolution/shrinkage.h"

#include <cmath>

namespace perifocal {
namespace {

/// The minimiser is 0 unless |v|^(2 - a) > ((2 - a) / beta) (2 (1 - a) / (2 - a))^(a - 1).
float thresholdOf(double a, double beta) {
  const double power = (2 - a) / beta * std::pow(2 * (1 - a) / (2 - a), a - 1);
  return static_cast<float>(std::pow(power, 1 / (2 - a)));
}

}  // namespace

Shrinkage shrinkageOf(float alpha, double beta) {
  const float threshold = thresholdOf(alpha, beta);
  if (alpha == 0.5f) return {Shrinkage::Kind::kHalf, alpha, threshold, static_cast<float>(1 / (2 * beta))};
  if (std::fabs(alpha - 2.0f / 3) < 1e-6f) {
    return {Shrinkage::Kind::kTwoThirds, alpha, threshold, static_cast<float>(2 / (3 * beta))};
  }
  return {Shrinkage::Kind::kGeneral, alpha, threshold, static_cast<float>(alpha / beta)};
}

}  // namespace perifocal
