// Columns and lines of which 32 samples or more have one value that what lies beside them does not lead up to.
#pragma once

#include "deconvolution/defect_frame.h"
#include "deconvolution/run_values.h"

namespace perifocal {

/// Leaves them out, replaces them by what lies beside them, and counts them. @param noise of departures
void leaveOutStuck(const DefectFrame& frame, const RunValues& values, float noise, FoundDefects& found);

/// Most bytes that it takes, with the values.
std::size_t stuckScratchBytes(int width, int height);

}  // namespace perifocal
