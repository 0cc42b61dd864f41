// How a kernel divides its thread's scratch memory.
#pragma once

#include <cstddef>

#include "kernels/kernels.h"

namespace perifocal {

/// Offsets into a thread's scratch and the columns that a job works on at once, so that their input stays in L1.
struct ScratchPlan {
  std::size_t steps;  ///< table of input groups; the sums of one tile lie before it
  std::size_t panel;  ///< input widened to 16 bits, where the instruction set wants that
  int panelColumns;
};

ScratchPlan planScratch(const KernelLayout& layout, const ConvJob& job);

/// Bytes of `scratch` that any job needs whose sources have at most `maxChannels` channels.
std::size_t scratchBytes(const KernelLayout& layout, int maxChannels, int maxSourceRows);

}  // namespace perifocal
