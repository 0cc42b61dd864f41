// The strikes that are armed: shared by the kernels that deal them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "faults/strike.h"

namespace perifocal::faults {

inline constexpr int kMostStrikes = 2;

struct Blows {
  Victim victim;
  Strike strikes[kMostStrikes];
  int count = 0;
  int dealt = 0;  ///< bits that have flipped
  std::int64_t calls = 0;
  std::int64_t values[kSites] = {};
  /// Where a call of Winograd keeps M and the sums that it makes of it.
  const std::byte *products = nullptr, *sums = nullptr, *sumsEnd = nullptr;
  bool transformsWeights = false;
};

inline Blows blows;

/// Flips the bit of a register that `strike` chooses.
void flipBit(const Strike& strike, void* value, std::size_t bytes);

}  // namespace perifocal::faults
