// Rows and columns that are brighter than others, as readout electronics makes them.
#pragma once

#include <cstdint>

#include "runtime/team.h"

namespace perifocal {

/// Takes the median of every row, and of every column, off a plane above its background where these differ by more than
/// its noise makes them differ. Returns whether it did. @param sigma of the noise
bool subtractBands(float* plane, const std::uint8_t* invalid, int width, int height, double sigma, Team& team);

}  // namespace perifocal
