// Bounds that the kernels and their callers share.
#pragma once

namespace perifocal {

inline constexpr int kMaxSources = 3;  // AFF concatenates three scales
inline constexpr int kMaxTaps = 9;
inline constexpr int kMaxBlockRows = 4;

}  // namespace perifocal
