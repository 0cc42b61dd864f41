// How far samples are from what those around them predict, and what noise makes of that.
#pragma once

#include <vector>

#include "deconvolution/frame_strip.h"

namespace perifocal {

/// The standard deviation of most departures in a frame, by their median.
float typicalDeparture(const DefectFrame& frame);

/// Departures of the rows of a strip and of some below, and spreads of the quietest sides of their samples.
class DepartureStrip {
 public:
  explicit DepartureStrip(const DefectRequest& request);

  static std::size_t bytes(int width) { return 2 * pitchOf(width) * kRows * sizeof(float); }

  /// Of one strip after the other. False where no departure is beyond the limit: then the sides are left as they were.
  bool read(const FrameStrip& strip, float limit);
  /// Whether any departure of so many rows and columns from these on is beyond it; up to kMargin columns beside a row.
  bool isAnyBeyond(int row, int rows, int left, int columns) const;
  const float* departures(int row) const { return departures_.data() + placeOf(row); }
  const float* sides(int row) const { return sides_.data() + placeOf(row); }
  std::ptrdiff_t pitch() const { return pitch_; }

 private:
  static constexpr int kRows = FrameStrip::kRows + FrameStrip::kBelow, kMargin = FrameStrip::kChunk;
  static std::size_t pitchOf(int width) { return static_cast<std::size_t>(width) + 3 * kMargin; }
  std::ptrdiff_t placeOf(int row) const { return row * pitch_ + kMargin; }

  const DefectRequest& request_;
  std::ptrdiff_t pitch_;
  float limit_ = 0;
  std::vector<float> departures_, sides_;
  float farthest_[kRows];
};

/// The standard deviation of departures, block by block; that of photons grows with the light.
class DepartureNoise {
 public:
  /// @param typical of the frame; no block is taken to have less
  DepartureNoise(const DefectFrame& frame, float typical);

  float least() const { return least_; }
  /// At a place where this is predicted. The first that is asked for in a block measures it; blocks of one strip must
  /// not be asked for by several threads at once.
  float at(int x, int y, float predicted);
  /// Measures the blocks around a place, before samples there are replaced.
  void measureAround(int x, int y);

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
