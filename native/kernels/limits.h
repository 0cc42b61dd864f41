// Bounds that the kernels rely on and the panel size of kernels that widen their input.
#pragma once

#include <cstddef>

#include "kernels/kernels.h"

namespace perifocal {

inline constexpr int kMaxSources = 3;  // AFF concatenates three scales
inline constexpr int kMaxTaps = 9;
inline constexpr int kMaxBlockRows = 4;

/// Columns of a job that are worked on at once: all of them, or as many as keep the widened input in L1 cache.
int panelColumns(const KernelLayout& layout, const ConvJob& job, int columns);

}  // namespace perifocal
