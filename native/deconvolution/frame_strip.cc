#include "deconvolution/frame_strip.h"

#include <algorithm>

namespace perifocal {

FrameStrip::FrameStrip(const DefectFrame& frame)
    : frame_(frame),
      pitch_(static_cast<std::ptrdiff_t>(pitchOf(frame.width()))),
      samples_(static_cast<std::size_t>(pitch_) * kAllRows) {}

void FrameStrip::read(int index) {
  const int width = frame_.width();
  top_ = index * kRows;
  rows_ = std::min(kRows, frame_.height() - top_);
  for (int i = -kReach; i < rows_ + kBelow + kReach; ++i) {
    float* row = samples_.data() + (i + kReach) * pitch_ + kReach;
    frame_.row(reflectedIndex(top_ + i, frame_.height()), row);
    for (int x = 1; x <= kReach; ++x) {
      row[-x] = row[reflectedIndex(-x, width)];
      row[width - 1 + x] = row[reflectedIndex(width - 1 + x, width)];
    }
  }
}

}  // namespace perifocal
