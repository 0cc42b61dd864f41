// How far samples are from what those around them predict, and what noise makes of that.
#pragma once

#include <vector>

#include "deconvolution/defect_frame.h"

namespace perifocal {

/// The standard deviation of most departures in a frame, by their median.
float typicalDeparture(const DefectFrame& frame);

/// Departures of all samples, some rows at a time.
class DepartureStrips {
 public:
  static constexpr int kRows = 32;

  explicit DepartureStrips(const DefectFrame& frame);

  /// Of the rows from `top` on; returns how many there are.
  int compute(int top);
  const float* row(int index) const { return departures_.data() + static_cast<std::ptrdiff_t>(index) * width_; }
  const float* samples(int index) const {
    return samples_.data() + static_cast<std::ptrdiff_t>(index + Prediction::kReach) * pitch_ + Prediction::kReach;
  }

 private:
  const DefectFrame& frame_;
  int width_;
  std::ptrdiff_t pitch_;
  std::vector<float> samples_, departures_;  ///< rows with what is reflected around them; rows
};

/// The standard deviation of departures, block by block; that of photons grows with the light.
class DepartureNoise {
 public:
  /// @param typical of the frame; no block is taken to have less
  DepartureNoise(const DefectFrame& frame, float typical);

  /// To be told of strips from the first to the last.
  void measure(const DepartureStrips& strips, int top, int rows);
  float least() const { return least_; }
  /// At a place of which a strip has been measured, where this is predicted.
  float at(int x, int y, float predicted) const;

 private:
  struct Block {
    float deviation, level;
  };

  int columns_, width_;
  float least_;
  std::vector<Block> blocks_;
};

std::size_t departureScratchBytes(int width, int height);

}  // namespace perifocal
