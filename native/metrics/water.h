// Water and land told apart by two channels, in a frame and its reference.
#pragma once

#include <cstdint>

#include "image/frame_view.h"
#include "metrics/runs.h"
#include "runtime/team.h"

namespace perifocal {

/// The index is (high - low) / (high + low), after McFeeters 1996; where both are one channel, it falls with its level.
struct WaterRequest {
  FrameView frame, reference;
  int high = 2, low = 0;  ///< channels
  PlaceMask valid{};      ///< the pixels that count
};

struct WaterCounts {
  double threshold = 0;     ///< of the index, by Otsu 1979, of the reference
  double separability = 0;  ///< between-class variance over all variance, 0 to 1
  std::int64_t both = 0, onlyFrame = 0, onlyReference = 0, neither = 0;  ///< pixels with water
};

WaterCounts compareWater(const WaterRequest& request, Team& team);

}  // namespace perifocal
