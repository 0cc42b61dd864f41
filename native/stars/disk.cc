#include "stars/disk.h"

#include <array>
#include <cmath>
#include <numbers>

namespace perifocal {
namespace {

/// Nodes of the integral over the disk; the substitution makes it smooth, so that it converges exponentially.
constexpr int kNodes = 96;
/// How many standard deviations the table goes beyond the disk.
constexpr double kTail = 7;

/// A strip across the disk: x = R sin(phi), its height is 2 R cos(phi).
struct Strip {
  double x, weight;
};

std::array<Strip, kNodes> stripsOf(double radius, double sigma) {
  std::array<Strip, kNodes> strips;
  for (int node = 0; node < kNodes; ++node) {
    const double phi = ((node + 0.5) / kNodes - 0.5) * std::numbers::pi, half = radius * std::cos(phi);
    strips[node] = {radius * std::sin(phi), std::erf(half / (sigma * std::numbers::sqrt2)) * half};
  }
  return strips;
}

}  // namespace

SoftDisk::SoftDisk(double radius, double sigma) {
  const std::array<Strip, kNodes> strips = stripsOf(radius, sigma);
  const double scale = 1 / (kNodes * radius * radius * sigma * std::sqrt(2 * std::numbers::pi));
  const auto count = static_cast<int>(std::ceil((radius + kTail * sigma) * kStepsPerPixel)) + 2;
  for (int step = 0; step < count; ++step) {
    double value = 0, slope = 0;
    for (const Strip& strip : strips) {
      const double t = (static_cast<double>(step) / kStepsPerPixel - strip.x) / sigma;
      const double term = std::exp(-t * t / 2) * strip.weight;
      value += term;
      slope -= t / sigma * term;
    }
    values_.push_back(value * scale);
    slopes_.push_back(slope * scale / kStepsPerPixel);
  }
}

}  // namespace perifocal
