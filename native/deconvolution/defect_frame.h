// One channel of a frame whose samples are judged one by one, and what is predicted for them.
#pragma once

#include <cstdint>

#include "deconvolution/defects.h"

namespace perifocal {

/// A position beyond an edge, reflected.
inline int reflectedIndex(int i, int size) { return i < 0 ? -i : i >= size ? 2 * size - 2 - i : i; }

class DefectFrame {
 public:
  enum State : std::uint8_t {
    kUnknown,
    kValid,
    kClipped = ValidMask::kClipped,
    kAtLeast = ValidMask::kAtLeast,
    kReplaced,  ///< by what is predicted for it, until the end: its neighbours can be judged
    kGlint      ///< clipped, while glints are told from white areas
  };

  explicit DefectFrame(const DefectRequest& request);

  int width() const { return request_.width; }
  int height() const { return request_.height; }
  std::int64_t pixels() const { return static_cast<std::int64_t>(width()) * height(); }
  const DefectRequest& request() const { return request_; }

  /// 1 being white.
  float at(int x, int y) const;
  /// Row y, side by side.
  void row(int y, float* out) const;
  void replace(int x, int y, float value) const;

  bool is(int x, int y, State which) const { return state(x, y) == which; }
  void set(int x, int y, State which) const { state(x, y) = which; }
  /// Whether what is found in a row is counted.
  bool isCounted(int y) const { return y >= request_.countFrom && y < request_.countTo; }
  bool isValid(int x, int y) const { return state(x, y) == kValid; }
  bool isClipped(int x, int y) const { return state(x, y) == kClipped; }
  /// Whether it lies next to a pixel that has no sample, so that it cannot be judged.
  bool isByUnknown(int x, int y) const;
  void leaveOut(int x, int y) const { state(x, y) = kUnknown; }
  void leaveOutClipped(int x, int y) const { state(x, y) = kClipped; }
  /// Of a pixel that has been replaced by what is predicted for it: its neighbours can be judged.
  void leaveOutAlone(int x, int y) const { state(x, y) = kReplaced; }
  /// Makes all that has been replaced 0. Once, at the end.
  void finish() const;

  /// How far the sample is from what those around it predict.
  float departure(int x, int y) const;
  /// Beyond the edges, the frame is reflected.
  float reflectedAt(int x, int y) const { return at(reflectedIndex(x, width()), reflectedIndex(y, height())); }

 private:
  std::uint8_t& state(int x, int y) const { return request_.valid[static_cast<std::ptrdiff_t>(y) * width() + x]; }

  DefectRequest request_;
  SourceWindow source_;
  float scale_;
};

}  // namespace perifocal
