// The cheapest number that tells whether one bit of memory has flipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace perifocal {

/// The sum of the whole 64-bit words from `begin` on, modulo 2^64: no single flipped bit of them leaves it as it was.
inline std::uint64_t wordSum(const void* begin, std::size_t bytes) {
  const auto* memory = static_cast<const std::byte*>(begin);
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at + sizeof sum <= bytes; at += sizeof sum) {
    std::uint64_t word;
    std::memcpy(&word, memory + at, sizeof word);
    sum += word;
  }
  return sum;
}

}  // namespace perifocal
