// The unit of work of a pass.
#pragma once

namespace perifocal {

/// Rows [rowBegin, rowEnd) of a stage's outputs, at most kMaxBlockRows.
struct Firing {
  int stage;
  int rowBegin, rowEnd;

  int rows() const { return rowEnd - rowBegin; }
};

}  // namespace perifocal
