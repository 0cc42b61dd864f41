// What all stars of a frame look like: a density of flux 1 around their place (lib/stars/profile.ts).
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "stars/kernels.h"

namespace perifocal {

enum class ProfileKind { kStreak, kDisk, kRound };

/// Numbers of the shape: length, angle and sigma of a streak, radius and sigma of a disk, sigma of a round star; sigma
/// without the pixel's own width.
using ProfileShape = std::array<double, kMostShape>;

class StarProfile {
 public:
  virtual ~StarProfile() = default;

  /// How many numbers the shape has.
  virtual int shapeCount() const = 0;
  /// Samples around (x, y), with derivatives by x, y and the shape.
  virtual void sample(double x, double y, const Points& points, const ProfileRows& out) const = 0;

  ProfileKind kind() const { return kind_; }
  const ProfileShape& shape() const { return shape_; }
  /// Half the size of the star in pixels.
  double reach() const { return reach_; }

 protected:
  StarProfile(ProfileKind kind, const ProfileShape& shape, double reach) : kind_(kind), shape_(shape), reach_(reach) {}

 private:
  ProfileKind kind_;
  ProfileShape shape_;
  double reach_;
};

/// The numbers are brought into their range first. The kernels must outlive the profile.
std::unique_ptr<StarProfile> createProfile(ProfileKind kind, const ProfileShape& shape, const StarKernels& kernels);

/// Values at whole pixels, in a square of side 2 ceil(reach) + 1 around the centre.
struct DrawnProfile {
  int reach;
  std::vector<double> values;
  double energy;  ///< sum of squares

  double peak() const { return values[values.size() / 2]; }
};
DrawnProfile drawProfile(const StarProfile& profile);

}  // namespace perifocal
