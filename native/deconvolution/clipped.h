// Samples at the ends of their range that lie together: what they stand for is beyond.
#pragma once

#include "deconvolution/defect_frame.h"

namespace perifocal {

/// Leaves them out, and returns how many there are. @param noise of departures
std::int64_t leaveOutClipped(const DefectFrame& frame, float noise);

/// Makes clipped samples, and those next to them, continue what counts around them: a first guess for methods that
/// predict them, which light far above the white of a frame would mislead.
void fillClipped(const DefectFrame& frame);

}  // namespace perifocal
