// The sky of a block that gets brighter to one side, as moonlight makes it.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "stars/sky_noise.h"

namespace perifocal {

/// Of a sloping block: the sky in its middle, and its rise a pixel.
struct SlopingSky {
  PartSky sky;
  double riseX, riseY;
};

/// The level of a place.
struct CellLevel {
  double x, y, level;
};

/// a + b x + c y through levels, without those that are off (Tukey's biweight); none where that is not determined.
std::optional<std::array<double, 3>> robustPlane(const std::vector<CellLevel>& cells);

class BlockSlope {
 public:
  BlockSlope(int width, int height) : width_(width), height_(height) {}

  void add(int x, int y, float value);
  /// A plane through the medians of cells, which stars hardly move; none where too few cells have pixels.
  std::optional<SlopingSky> measure(double count) const;

 private:
  static constexpr int kCells = 4;
  struct Pixel {
    float x, y, value;
  };

  int width_, height_;
  std::array<std::vector<Pixel>, kCells * kCells> cells_;
};

}  // namespace perifocal
