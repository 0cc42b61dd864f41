// A defocused star of flux 1: a disk seen through a Gaussian, as a table over the distance from its centre.
#pragma once

#include <vector>

namespace perifocal {

class SoftDisk {
 public:
  /// Radius of the disk and sigma of the Gaussian in pixels, both > 0.
  SoftDisk(double radius, double sigma);

  /// Density per square pixel at a distance >= 0 from the centre, by Hermite's cubic.
  double density(double r) const {
    const double position = r * kStepsPerPixel;
    if (!(position < static_cast<double>(values_.size()) - 1)) return 0;
    const auto node = static_cast<std::size_t>(position);
    const double t = position - static_cast<double>(node);
    const double value = values_[node], slope = slopes_[node], rise = values_[node + 1] - value;
    const double curve = slope + slopes_[node + 1] - 2 * rise;
    return value + t * (slope + t * (rise - slope - curve + t * curve));
  }

 private:
  static constexpr int kStepsPerPixel = 32;

  std::vector<double> values_, slopes_;
};

}  // namespace perifocal
