// How far samples are from what those around them predict, and what noise makes of that.
#pragma once

#include <vector>

#include "deconvolution/frame_strip.h"

namespace perifocal {

/// The standard deviation of most departures in a frame, by their median.
float typicalDeparture(const DefectFrame& frame);

/// The spreads of what is around each of the kChunk samples from `x` on (see Prediction), one kind after the other.
void spreadsOf(const FrameStrip& strip, int row, int x, float (*out)[FrameStrip::kChunk]);

/// The standard deviation of departures, block by block; that of photons grows with the light.
class DepartureNoise {
 public:
  /// @param typical of the frame; no block is taken to have less
  DepartureNoise(const DefectFrame& frame, float typical);

  float least() const { return least_; }
  /// At a place where this is predicted. The first that is asked for in a block measures it; blocks of one strip must
  /// not be asked for by several threads at once.
  float at(int x, int y, float predicted);

  static std::size_t bytes(int width, int height);

 private:
  struct Block {
    float deviation = -1, level = 0;
  };
  Block measure(int column, int row) const;

  const DefectFrame& frame_;
  int columns_;
  float least_;
  std::vector<Block> blocks_;
};

}  // namespace perifocal
