// The brightness of a star frame as all that looks for stars reads it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace perifocal {

/// Noise of the sky in parts of its usual one, block by block.
struct NoiseMap {
  const float* parts = nullptr;  ///< null: 1 everywhere
  int columns = 0, rows = 0;

  float least() const { return parts == nullptr ? 1 : *std::min_element(parts, parts + columns * rows); }
};

/// Row by row without gaps, in parts of full scale.
struct StarPlane {
  const float* data;            ///< background subtracted
  const std::uint8_t* invalid;  ///< 1 where a pixel is not used
  int width, height;
  NoiseMap noise = {};

  std::ptrdiff_t at(int x, int y) const { return static_cast<std::ptrdiff_t>(y) * width + x; }

  /// Noise of the sky at a pixel, in parts of the usual one.
  float noiseAt(double x, double y) const {
    if (noise.parts == nullptr) return 1;
    const auto block = [](double place, int count, int size) {
      return std::clamp(static_cast<int>(place * count / size), 0, count - 1);
    };
    return noise.parts[block(y, noise.rows, height) * noise.columns + block(x, noise.columns, width)];
  }
};

}  // namespace perifocal
