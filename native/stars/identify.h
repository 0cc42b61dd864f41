// Which stars of a catalogue a frame shows, without knowing where it looks.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "stars/sky_index.h"
#include "stars/verify.h"

namespace perifocal {

struct IdentifyRequest {
  SeenField field;
  double lowScale, highScale;  ///< focal length over that of the nominal camera
  bool tryUpright, tryMirrored;
  double falsePositive;         ///< probability of a wrong solution that is accepted
  std::int64_t mostHypotheses;  ///< pairs of known stars that are tried
  double seconds;
};

enum class IdentifyEnd { kSolved, kTooFew, kNothingFits, kAmbiguous, kHypotheses, kTime };

struct Identification {
  IdentifyEnd end = IdentifyEnd::kNothingFits;
  bool isMirrored = false;  ///< the pose is that of the frame with u turned round
  Solution solution;
  double logFalseAlarm = 0;  ///< natural logarithm
  std::int64_t hypotheses = 0;
};

/// Where a camera is expected to look.
struct Expectation {
  std::array<double, 9> rotation, covariance;  ///< of the rotation vector in the frame of the sensor
  double zero;                                 ///< magnitude of the catalogue less that of the frame
};

/// The stars of a frame of a known camera near where they are expected; by `falsePositive`, solved or nothing fits.
Identification followStars(const SkyIndex& index, const IdentifyRequest& request, const Expectation& expected);

/// Incomplete once the team's call is cancelled.
Identification identifyStars(const SkyIndex& index, const IdentifyRequest& request, Team& team);

}  // namespace perifocal
