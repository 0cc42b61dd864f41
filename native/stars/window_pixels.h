// A window of one colour of a frame: cut out before it is restored, mixed into the frame afterwards.
#pragma once

#include <cstdint>

#include "image/sample_window.h"

namespace perifocal {

/// Copies samples in their own units, row by row without gaps; returns the largest, at least 0.
float cutWindow(const SourceWindow& window, int width, int height, float* out);

/// The restored light of a window, and its weights rows[y] columns[x] against what the frame has.
struct RestoredWindow {
  const float* light;  ///< row by row without gaps
  int width, height;
  double level, scale;  ///< a sample is level + scale * light
  const float *columns, *rows;
};

/// Samples of 8 and 16 bits are rounded to nearest and clamped to their range. Returns how many were above it.
std::int64_t pasteWindow(const RestoredWindow& restored, const TargetWindow& window);

}  // namespace perifocal
