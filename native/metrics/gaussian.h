// Gaussian windows.
#pragma once

#include <array>
#include <cmath>

namespace perifocal {

/**
 * Weights of a window of 2 radius + 1, from its centre outwards. They are multiples of 2^-36 that sum to exactly 1 over
 * the window: smoothing leaves flat parts of an 8-bit image, and of its square, as they are, to the last bit. What a
 * flat part deviates from its mean by is then 0, and not rounding errors, whose signs natural scene statistics would
 * count.
 */
template <int radius>
std::array<double, radius + 1> gaussianWeights(double sigma) {
  constexpr double kUnit = 68719476736.0;
  std::array<double, radius + 1> weights;
  double total = 0;
  for (int k = 0; k <= radius; ++k) {
    weights[k] = std::exp(-k * k / (2 * sigma * sigma));
    total += k == 0 ? weights[k] : 2 * weights[k];
  }
  weights[0] = 1;
  for (int k = 1; k <= radius; ++k) {
    weights[k] = std::round(weights[k] / total * kUnit) / kUnit;
    weights[0] -= 2 * weights[k];
  }
  return weights;
}

}  // namespace perifocal
