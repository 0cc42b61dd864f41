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

struct Support {
  int known;     ///< -1: none
  double reach;  ///< chord within which it was looked for
};

class PairFrame {
 public:
  /// False where the two are at one place. @param q nominal over true focal length
  /// @param zero magnitude of the catalogue less that of the frame
  bool set(const SkyIndex& index, const SeenStar& a, const SeenStar& b, int first, int second, double q, double zero);

  /// The known star where a seen one is.
  Support support(const SkyIndex& index, const SeenStar& star, const Room& room) const;

  double q() const { return q_; }
  double zero() const { return zero_; }
  /// The rotation from the catalogue to the sensor. @param first, second as they were set
  std::array<double, 9> rotation(const SkyIndex& index, int first, int second) const;

 private:
  double q_;
  Double3 seenA_, seenB_, seenN_;  ///< in the sensor; N is A x B
  Double3 skyA_, skyB_, skyN_;
  double cos_, sin2_;  ///< cosine of the angle between A and B, square of its sine
  double varianceA_, varianceB_;
  double zero_;
};

}  // namespace perifocal
