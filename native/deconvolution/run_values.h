// What columns and lines have for values, run by run of their pixels.
#pragma once

#include <cstddef>
#include <vector>

#include "deconvolution/frame_strip.h"

namespace perifocal {

/// The one value of every run of a column or a line, NaN where it has several.
class RunValues {
 public:
  static constexpr int kRun = FrameStrip::kRows;  ///< pixels of a run; the last one may have fewer

  explicit RunValues(const DefectFrame& frame);

  /// To be told of every strip, once; of several ones at once if need be.
  void take(const FrameStrip& strip, int index);

  float ofColumn(int run, int x) const { return columns_[static_cast<std::size_t>(run) * width_ + x]; }
  float ofLine(int run, int y) const { return lines_[static_cast<std::size_t>(run) * height_ + y]; }

  static std::size_t bytes(int width, int height);

 private:
  void takeColumns(const FrameStrip& strip, float* values) const;
  void takeLine(const float* row, int y);

  int width_, height_;
  std::vector<float> columns_, lines_;
};

}  // namespace perifocal
