// What the scalar kernels share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"

namespace perifocal::scalar {

inline constexpr KernelLayout kLayout{1, 1, 1, 1, 1, 1, 128, 1, false, {1, 1, 2}};

/// Finishes the sum of one output channel at a column of an output row: addends, requantisation, stores.
void finish(const ConvJob& job, int row, int column, int channel, std::int32_t sum);

void transformWeights(const WinogradWeights& weights, int begin, int end);
void convolveWinograd(const ConvJob& job, int columnBegin, int columnEnd, std::byte* scratch);

}  // namespace perifocal::scalar
