#include "estimation/optics.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace perifocal {
namespace {

constexpr double kPi = std::numbers::pi;
/// Below this, in power, a transfer function counts as this: logarithms stay finite.
constexpr double kLeastPower = 1e-30;
/// Values of 2 J1(z) / z per unit of z; between them a straight line is off by less than 2e-6.
constexpr int kPerUnit = 128;
/// For the largest radius, 14.5 pixels, at the highest frequency with its spread.
constexpr int kLargestZ = 64;

double squared(double value) { return value * value; }

/// The Bessel function J1, by the trapezoidal rule on Bessel's integral, as in lib/deconvolve/psf/bessel.ts.
double besselJ1(double x) {
  const int intervals = 16 + static_cast<int>(std::ceil(x));
  double sum = 0;
  for (int i = 1; i < intervals; ++i) {
    const double t = kPi * i / intervals;
    sum += std::cos(t - x * std::sin(t));
  }
  return sum / intervals;
}

std::vector<double> drawTransfer() {
  std::vector<double> table(kLargestZ * kPerUnit + 2, 1.0);
  for (std::size_t i = 1; i < table.size(); ++i) {
    const double z = static_cast<double>(i) / kPerUnit;
    table[i] = 2 * besselJ1(z) / z;
  }
  return table;
}

/// The power that a disk leaves: (2 J1(z) / z)^2, z = 2 pi R rho.
double diskPower(const double* table, double radius, double rho) {
  const double z = 2 * kPi * std::fabs(radius * rho);
  // A step of a fit may lead nowhere.
  if (std::isnan(z)) return z;
  const double position = std::min(z, static_cast<double>(kLargestZ)) * kPerUnit;
  const int below = static_cast<int>(position);
  return squared(table[below] + (position - below) * (table[below + 1] - table[below]));
}

/// sinc^2: the power that straight motion by `phase` periods leaves.
double motionPower(double phase) {
  const double angle = kPi * phase;
  return std::fabs(angle) < 1e-4 ? 1 : squared(std::sin(angle) / angle);
}

/// The mean over three points, as a logarithm.
template <class Power>
double logMean(const Power& power, double middle, double reach) {
  return std::log(std::max((4 * power(middle) + power(middle - reach) + power(middle + reach)) / 6, kLeastPower));
}

void addGaussian(double sigma, const Frequencies& at, double* found) {
  for (std::size_t i = 0; i < at.count; ++i) found[i] -= squared(2 * kPi * sigma * at.rho[i]);
}

void addDisk(double radius, const Frequencies& at, double* found) {
  static const std::vector<double> transfer = drawTransfer();
  const auto power = [table = transfer.data(), radius](double rho) { return diskPower(table, radius, rho); };
  for (std::size_t i = 0; i < at.count; ++i) found[i] += logMean(power, at.rho[i], at.reach);
}

void addMotion(double right, double down, const Frequencies& at, double* found) {
  const double reach = at.reach * std::hypot(right, down);
  for (std::size_t i = 0; i < at.count; ++i) found[i] += logMean(motionPower, at.x[i] * right + at.y[i] * down, reach);
}

}  // namespace

int opticsCount(OpticsKind kind) {
  switch (kind) {
    case OpticsKind::kGaussian:
    case OpticsKind::kDisk: return 1;
    case OpticsKind::kSoftDisk:
    case OpticsKind::kMotion: return 2;
    case OpticsKind::kMovedDisk: return 3;
  }
  return 0;
}

void logPower(OpticsKind kind, const double* values, const Frequencies& at, double* found) {
  std::fill_n(found, at.count, 0.0);
  const bool isMoved = kind == OpticsKind::kMotion || kind == OpticsKind::kMovedDisk;
  if (isMoved) addMotion(values[0], values[1], at, found);
  if (kind == OpticsKind::kMovedDisk) addDisk(values[2], at, found);
  if (kind == OpticsKind::kDisk || kind == OpticsKind::kSoftDisk) addDisk(values[0], at, found);
  if (kind == OpticsKind::kGaussian) addGaussian(values[0], at, found);
  if (kind == OpticsKind::kSoftDisk) addGaussian(values[1], at, found);
}

}  // namespace perifocal
