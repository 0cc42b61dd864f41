#include "deconvolution/geometry.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fft/factors.h"

namespace perifocal {
namespace {

/// Weights need an unknown rim of one radius on either side. A continuation is to be smooth two radii from the tile,
/// and so long that what one edge makes of it does not reach the other: else it would matter how far the other is.
int paddedSize(const SolverShape& shape, int size, int radius) {
  if (shape.boundary == Boundary::kPeriodic) return size;
  const bool weighted = shape.method == DeconvolutionMethod::kRichardsonLucy && shape.boundary == Boundary::kBertero;
  constexpr int kIndependent = 48;
  return goodFftSize(size + (weighted ? 2 * radius : std::clamp(kIndependent, 4 * radius, 12 * radius)));
}

/// The `distance`-th position beyond an edge, counted from 1, as a distance from that edge inside the tile.
int mirrored(int distance, int size) {
  const int turn = (distance - 1) % (2 * size);
  return turn < size ? turn : 2 * size - 1 - turn;
}

}  // namespace

Geometry geometryOf(const SolverShape& shape) {
  const int columns = paddedSize(shape, shape.width, shape.radiusX);
  const int rows = paddedSize(shape, shape.height, shape.radiusY);
  return {shape.width, shape.height, columns, rows, (columns + 31) / 16 * 16};
}

Continuation continuationAt(int position, int size, int padded, bool reflect) {
  if (position < size) return {position, position, 1.0f, 0.0f};
  const int pastEnd = position - size + 1, beforeStart = padded - position;
  const int end = size - 1 - (reflect ? mirrored(pastEnd, size) : 0);
  const int start = reflect ? mirrored(beforeStart, size) : 0;
  const double sine = std::sin(std::numbers::pi / 2 * pastEnd / (padded - size + 1));
  const auto startShare = static_cast<float>(sine * sine);
  return {end, start, 1.0f - startShare, startShare};
}

}  // namespace perifocal
