// Columns and lines that are stuck at one value, in double precision, from the words of docs/deconvolution.md.
#pragma once

#include "checks/reference_defects.h"

namespace perifocal::checks {

/// Most that a blurred edge along lines, or along columns, rises in its first pixel over what it does in the next two.
struct StepRatios {
  double ofLines, ofColumns;
};

struct ReferenceStuck {
  int columns = 0, lines = 0;
  std::vector<std::uint8_t> isStuck;
  bool isClear = true;  ///< false: some run is so near a limit that another precision may decide otherwise
};

/// Of a frame of up to 64 x 64 pixels, all of them valid.
ReferenceStuck referenceStuck(const DefectProblem& problem, StepRatios ratios);

}  // namespace perifocal::checks
