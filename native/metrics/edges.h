// Gradients of the luminance: how steep on average, and where straight edges run.
#pragma once

#include <vector>

#include "image/frame_view.h"
#include "metrics/kernels.h"
#include "metrics/runs.h"
#include "runtime/team.h"

namespace perifocal {

/// Side of the cells over which products of gradients are summed.
inline constexpr int kGradientCell = 16;

struct EdgeStatistics {
  /// Mean magnitude of Sobel's gradient, in full scales per pixel, of all pixels that count but the outermost; NaN
  /// where none does.
  double sharpness = 0;
  /// Sums of x x, y y and x y of the gradients in every whole cell, row by row.
  std::vector<double> cells;
};

/// @param inner all pixels but the outermost that count: their neighbours are there too
EdgeStatistics measureEdges(const FrameView& frame, PlaceMask inner, const MetricKernels& kernels, Team& team);

}  // namespace perifocal
