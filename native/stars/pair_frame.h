// Two stars of a frame taken for two of the catalogue: where that has all others.
#pragma once

#include <numbers>

#include "stars/pose.h"
#include "stars/sky_index.h"

namespace perifocal {

/// Of the difference of two brightnesses, in their standard deviations.
inline constexpr double kMagnitudeGate = 3.5 * std::numbers::sqrt2;
/// Standard deviations within which an angle between two stars, or the place of a third, agrees.
inline constexpr double kPlaceGate = 3.4;

struct Double3 {
  double x, y, z;
};

/// The direction of a seen star for a camera of 1 / q times the nominal focal length.
Double3 directionOf(const SeenStar& star, double q);
/// The chord between two.
double chordOf(const SeenStar& a, const SeenStar& b, double q);

/// What stars may be off by, beside their own errors.
struct Room {
  double lens;            ///< tangents
  double shift;           ///< aberration, radians
  double magnitudeSigma;  ///< of a star's brightness against the catalogue
};

/// The direction of a star, alpha A + beta B + gamma A x B, of the directions A and B of a pair: in the frame as in the
/// sky.
struct Relative {
  double alpha, beta, gamma;
  float reach;  ///< chord within which the star is, as well as that is known
};

/// Two stars of a frame, as axes for all others.
class SeenBasis {
 public:
  /// False where the two are at one place. @param q nominal over true focal length
  bool set(const SeenStar& a, const SeenStar& b, double q);
  Relative locate(const SeenStar& star, const Room& room) const;

  double q() const { return q_; }
  const Double3& a() const { return a_; }
  const Double3& b() const { return b_; }

 private:
  double q_ = 0;
  Double3 a_{}, b_{}, normal_{};
  double cos_ = 1, sin2_ = 0;  ///< cosine of the angle between A and B, square of its sine
  double varianceA_ = 0, varianceB_ = 0;
};

/// The same two stars in the sky.
class KnownBasis {
 public:
  /// @param zero magnitude of the catalogue less that of the frame
  KnownBasis(const SkyIndex& index, int first, int second, double zero);

  /// The known star where a seen one is; -1: none.
  int find(const SkyIndex& index, const Relative& place, double magnitude, const Room& room) const;
  /// The rotation from the catalogue to the sensor.
  std::array<double, 9> rotation(const SkyIndex& index, const SeenBasis& seen) const;

  int first() const { return first_; }
  int second() const { return second_; }
  double zero() const { return zero_; }

 private:
  int first_, second_;
  double zero_;
  Double3 a_, b_, normal_;
};

}  // namespace perifocal
