// The brightness of a star frame as all that looks for stars reads it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace perifocal {

/// Row by row without gaps, in parts of full scale.
struct StarPlane {
  const float* data;            ///< background subtracted
  const std::uint8_t* invalid;  ///< 1 where a pixel is not used
  int width, height;

  std::ptrdiff_t at(int x, int y) const { return static_cast<std::ptrdiff_t>(y) * width + x; }
};

}  // namespace perifocal
