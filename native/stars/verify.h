// Whether a pose is right: the stars it explains, against those that chance would.
#pragma once

#include <span>
#include <vector>

#include "stars/pose.h"
#include "stars/sky_index.h"

namespace perifocal {

/// A frame, in tangents of a nominal camera: the stars in it, brightest first, and its borders.
struct SeenField {
  std::vector<SeenStar> stars;
  double left, right, top, bottom;
  double magnitudeSigma;  ///< of a star's brightness against the catalogue
  Vector3 velocity;       ///< over that of light, in the frame of the catalogue
  double lens;            ///< how far directions may be off, beyond what the stars' covariances say
  PosePrior prior;
  bool isLensFree() const { return prior.centre > 0; }
  double area() const { return (right - left) * (bottom - top); }
};

struct StarMatch {
  int seen, known;
};

/// A pose with the stars that it explains.
struct Solution {
  Pose pose;
  PoseFit fit;
  std::vector<StarMatch> matches;
  double logChance = 0;  ///< natural logarithm of the probability that chance explains as many
};

/// The direction in which a star appears to an observer who moves.
Vector3 apparent(const Vector3& direction, const Vector3& velocity);

/// Improves a pose and its matches in turns; then judges it. False where too few stars are left.
bool verifyPose(const SkyIndex& index, const SeenField& field, Solution& solution);

/// The same from a pose that is known as well as its covariance says, without matches: two stars do, as all of them are
/// near where they are expected. @param zero magnitude of the catalogue less that of the frame
bool followPose(const SkyIndex& index, const SeenField& field, double zero, Solution& solution);

}  // namespace perifocal
