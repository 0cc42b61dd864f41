// Sizes: how a length splits into passes, and which lengths are cheap.
#pragma once

#include <array>

namespace perifocal {

inline constexpr int kMaxFftPasses = 24;
/// The longest line; any length up to it works.
inline constexpr int kMaxFftLength = 1 << 22;

/// The radices of a length 2^a 3^b 5^c 7^d, first pass first; none for other lengths, nor for 1.
struct FftFactors {
  int count = 0;
  std::array<int, kMaxFftPasses> radix{};
};
FftFactors factorsOf(int length);

/// Whether the length has no prime factor above 7.
bool isSmooth(int length);

/// Predicted nanoseconds of a bundle of lines of n elements; n is 2^a 3^b 5^c 7^d.
double fftCost(int length);

/// The cheapest 2^a 3^b 5^c 7^d >= n.
int goodComplexSize(int n);

/// The side of an image, at least n, that is cheapest to transform: 2^a 3^b 5^c 7^d, a multiple of 16 from 32 on.
int goodFftSize(int n);

}  // namespace perifocal
