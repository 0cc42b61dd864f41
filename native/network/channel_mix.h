// Sums of many channels as two numbers, by which they are compared (docs/integrity.md).
#pragma once

#include <array>
#include <cstdint>

#include "network/layers.h"

namespace perifocal {

/// Numbers that stand for the sums of all channels, modulo 2^32.
inline constexpr int kMixes = 2;
using Mixed = std::array<std::uint32_t, kMixes>;

/// What the sum of a channel counts in each number: odd, so that no error of a single channel vanishes.
using ChannelFactors = std::array<std::array<std::uint32_t, 4 * kMaxBaseWidth>, kMixes>;

/// Factors without a pattern (splitmix64), so that errors of several channels do not cancel by theirs.
constexpr ChannelFactors makeChannelFactors() {
  ChannelFactors factors{};
  std::uint64_t state = 0;
  for (auto& mix : factors) {
    for (std::uint32_t& factor : mix) {
      std::uint64_t bits = state += 0x9e3779b97f4a7c15u;
      bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
      bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
      factor = static_cast<std::uint32_t>(bits >> 32) | 1;
    }
  }
  return factors;
}

inline constexpr ChannelFactors kChannelFactors = makeChannelFactors();

/// The numbers of `channels` sums.
inline Mixed mixed(const std::int32_t* sums, int channels) {
  Mixed total{};
  for (int m = 0; m < kMixes; ++m) {
    for (int c = 0; c < channels; ++c) total[m] += kChannelFactors[m][c] * static_cast<std::uint32_t>(sums[c]);
  }
  return total;
}

/// `total` and `times` what `more` is.
constexpr void addMixed(Mixed& total, const Mixed& more, std::uint32_t times = 1) {
  for (int m = 0; m < kMixes; ++m) total[m] += times * more[m];
}

}  // namespace perifocal
