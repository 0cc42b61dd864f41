// How a tile lies in its transforms: its first pixel at (0, 0), what pads it after its last one. Transforms wrap
// around: what is just left of the tile is at the end of the padded row.
#pragma once

#include "deconvolution/shape.h"

namespace perifocal {

struct Geometry {
  int width, height;     ///< of the tile
  int columns, rows;     ///< of the transforms
  std::ptrdiff_t pitch;  ///< floats from row to row of a plane: `columns` and at least 16 more

  std::size_t planeBytes() const { return static_cast<std::size_t>(pitch) * rows * sizeof(float); }
};

Geometry geometryOf(const SolverShape& shape);

/// A padded position as a blend of two positions in the tile; the shares sum to 1.
struct Continuation {
  int first, second;
  float firstShare, secondShare;
};

/// Where the tile's continuation takes its value from, at `position` of `padded` (tile: the first `size`). Positions in
/// the tile are themselves. Between the tile's end and its beginning, the two continuations fade into each other by a
/// squared sine.
Continuation continuationAt(int position, int size, int padded, bool reflect);

}  // namespace perifocal
