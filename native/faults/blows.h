// The strikes that are armed: shared by the kernels that deal them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "faults/strike.h"

namespace perifocal::faults {

inline constexpr int kMostStrikes = 2;

struct Blows {
  Victim victim;
  std::array<Strike, kMostStrikes> strikes{};
  int count = 0;
  int dealt = 0;  ///< bits that have flipped
  std::int64_t calls = 0;
  std::array<std::int64_t, kSites> values{};
  /// Where a call of Winograd keeps M and the sums that it makes of it.
  const std::byte *products = nullptr, *sums = nullptr, *sumsEnd = nullptr;
  bool transformsWeights = false;
};

inline Blows blows;

}  // namespace perifocal::faults
