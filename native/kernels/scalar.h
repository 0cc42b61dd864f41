// What the scalar kernels share.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"

namespace perifocal::scalar {

inline constexpr KernelLayout kLayout{1, 1, 1, 1, 1, 1, 128, 1, false, {1, 1, 2}};

/// Where an output channel of a job lies.
struct Place {
  int row, column, channel;
};

/// Finishes the sum of one output channel at a column of an output row: addends, requantisation, stores. Notes it in
/// `sums` unless that is null.
void finish(const ConvJob& job, const Place& place, std::int32_t sum, const ConvSums* sums);

void transformWeights(const WinogradWeights& weights, int begin, int end);
void convolveWinograd(const ConvJob& job, int columnBegin, int columnEnd, std::byte* scratch, const ConvSums* sums);

}  // namespace perifocal::scalar
