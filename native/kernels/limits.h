// Bounds that the kernels rely on and the panel size of kernels that widen their input.
#pragma once

#include <cstddef>

#include "kernels/kernels.h"

namespace perifocal {

inline constexpr int kMaxSources = 3;  // AFF concatenates three scales
inline constexpr int kMaxTaps = 9;
inline constexpr int kMaxBlockRows = 4;

/// Offsets into a thread's scratch and the columns that a job works on at once, so that their input stays in L1.
struct ScratchPlan {
  std::size_t steps;   ///< table of input groups; the sums of one tile lie before it
  std::size_t panel;   ///< input widened to 16 bits, where the instruction set wants that
  int panelColumns;
};

ScratchPlan planScratch(const KernelLayout& layout, const ConvJob& job);

}  // namespace perifocal
