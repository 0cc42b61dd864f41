#include "deconvolution/run_values.h"

#include <algorithm>
#include <limits>

namespace perifocal {
namespace {

constexpr float kNone = std::numeric_limits<float>::quiet_NaN();

std::size_t cellsOf(int length, int breadth) {
  return (static_cast<std::size_t>(length) + RunValues::kRun - 1) / RunValues::kRun * breadth;
}

}  // namespace

RunValues::RunValues(const DefectFrame& frame)
    : width_(frame.width()),
      height_(frame.height()),
      columns_(cellsOf(height_, width_)),
      lines_(cellsOf(width_, height_)) {}

void RunValues::take(const FrameStrip& strip, int index) {
  takeColumns(strip, columns_.data() + static_cast<std::ptrdiff_t>(index) * width_);
  for (int i = 0; i < strip.rows(); ++i) takeLine(strip.row(i), strip.top() + i);
}

/// Most columns have several values after some rows.
void RunValues::takeColumns(const FrameStrip& strip, float* values) const {
  constexpr int kChunk = FrameStrip::kChunk;
  for (int first = 0; first < width_; first += kChunk) {
    const float* top = strip.row(0) + first;
    int same[kChunk], left = 1;
    std::fill_n(same, kChunk, 1);
    for (int y = 1; y < strip.rows() && left != 0; ++y) {
      const float* row = strip.row(y) + first;
      left = 0;
      for (int i = 0; i < kChunk; ++i) same[i] &= row[i] == top[i];
      for (int i = 0; i < kChunk; ++i) left |= same[i];
    }
    const int count = std::min(kChunk, width_ - first);
    for (int i = 0; i < count; ++i) values[first + i] = same[i] != 0 ? top[i] : kNone;
  }
}

void RunValues::takeLine(const float* row, int y) {
  for (int first = 0, run = 0; first < width_; first += kRun, ++run) {
    const float* end = row + std::min(first + kRun, width_);
    const bool isOne = std::all_of(row + first, end, [&](float one) { return one == row[first]; });
    lines_[static_cast<std::size_t>(run) * height_ + y] = isOne ? row[first] : kNone;
  }
}

std::size_t RunValues::bytes(int width, int height) {
  return (cellsOf(height, width) + cellsOf(width, height)) * sizeof(float);
}

}  // namespace perifocal
