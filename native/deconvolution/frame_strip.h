// Rows of a frame as floats, some at a time, with what is reflected around them; and passes over all of them.
#pragma once

#include <cstddef>
#include <vector>

#include "deconvolution/defect_frame.h"
#include "runtime/parallel.h"

namespace perifocal {

class FrameStrip {
 public:
  static constexpr int kRows = 32;
  static constexpr int kChunk = 16;  ///< rows can be read up to the next multiple of it
  /// Rows below a strip whose departures can be told.
  static constexpr int kBelow = Cluster::kReach;

  explicit FrameStrip(const DefectFrame& frame);

  static int countIn(int height) { return (height + kRows - 1) / kRows; }
  static std::size_t bytes(int width) { return pitchOf(width) * kAllRows * sizeof(float); }

  void read(int index);
  int top() const { return top_; }
  int rows() const { return rows_; }
  /// Of -kReach to rows() + kBelow + kReach - 1; as many samples are reflected at its sides.
  const float* row(int index) const { return samples_.data() + (index + kReach) * pitch_ + kReach; }
  std::ptrdiff_t pitch() const { return pitch_; }

 private:
  static constexpr int kReach = Prediction::kReach, kAllRows = kRows + kBelow + 2 * kReach;
  static std::size_t pitchOf(int width) { return static_cast<std::size_t>(width) + kChunk + 2 * kReach; }

  const DefectFrame& frame_;
  std::ptrdiff_t pitch_;
  int top_ = 0, rows_ = 0;
  std::vector<float> samples_;
};

/// Shares the strips of a frame out to the threads: `visit(strip, index)`.
template <class Visit>
void forEachStrip(const DefectFrame& frame, Team& team, Visit&& visit) {
  std::vector<FrameStrip> strips(team.threads(), FrameStrip(frame));
  forEach(team, FrameStrip::countIn(frame.height()), [&](int index, int thread) {
    strips[thread].read(index);
    visit(strips[thread], index);
  });
}

}  // namespace perifocal
