// Features of NIQE and BRISQUE by their definitions, in double precision: the oracle of
// native/metrics/scene_statistics.h.
#pragma once

#include <vector>

#include "image/frame_view.h"

namespace perifocal::checks {

/// 36 features of every block of 96 x 96 pixels, then the sharpness of each.
std::vector<double> referenceBlocks(const FrameView& frame);

/// 36 features of the whole image.
std::vector<double> referenceScene(const FrameView& frame);

}  // namespace perifocal::checks
