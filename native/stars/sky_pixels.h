// Pixels of a frame as its sky is measured: brightness, and whether they are used.
#pragma once

#include <cstdint>

#include "stars/sky.h"

namespace perifocal {

/// Brightness of some pixels of a row, and bytes that are not 0 where they are not used.
void readPixels(const SkyRequest& request, int left, int y, int count, float* brightness, std::uint8_t* invalid);

}  // namespace perifocal
