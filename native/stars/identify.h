// Which stars of a catalogue a frame shows, without knowing where it looks.
#pragma once

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

/// Incomplete once the team's call is cancelled.
Identification identifyStars(const SkyIndex& index, const IdentifyRequest& request, Team& team);

}  // namespace perifocal
