// The level of the sky at every pixel, from that of blocks.
#pragma once

#include <vector>

#include "stars/sky_blocks.h"

namespace perifocal {

/// Interpolated between the middles of blocks: straight, or by cubics (Hermite's) where blocks slope. Beyond the outer
/// middles the level goes on with the slope that was measured there.
class LevelRows {
 public:
  LevelRows(const SkyBlocks& blocks, int width, int height);

  /// Takes the level off a row of pixels; what is no number becomes 0.
  void subtract(int y, float* row) const;

 private:
  /// Columns from `left` on that lie between the same blocks.
  struct Segment {
    int left, low, high;
    double step;  ///< pixels between the middles
  };
  /// low + share rise + share (1 - share) ((1 - share) start - share end).
  struct Cubic {
    float low, rise, start, end;
  };
  /// Level and rise across of a column of blocks, at a row of pixels.
  struct Knot {
    double level, rise;
    bool isSloping;
  };

  Knot knotAt(int column, int y) const;
  Cubic cubicOf(const Segment& segment, int y) const;
  void subtract(const Segment& segment, int right, const Cubic& cubic, float* row) const;

  const SkyBlocks& blocks_;
  int width_, height_;
  std::vector<Segment> segments_;
  std::vector<float> shares_;
};

}  // namespace perifocal
