#include "fft/factors.h"

#include <cstdint>

namespace perifocal {
namespace {

int divideOut(int& n, int prime) {
  int count = 0;
  for (; n % prime == 0; n /= prime) ++count;
  return count;
}

/// Nanoseconds per element of a bundle, measured on Cascade Lake with AVX-512: of a pass, and of the way in and out.
double passCost(int radix) {
  switch (radix) {
    case 2:
    case 3: return 2.1;
    case 4: return 2.0;
    case 5: return 2.9;
    case 7: return 3.3;
    default: return 3.7;
  }
}
constexpr double kInOutCost = 14.0;

/// The cheapest 2^a 3^b 5^c 7^d >= n with a >= minTwos: for every odd part the smallest power of two that will do.
int cheapest(int n, int minTwos) {
  int best = 0;
  const auto limit = std::int64_t{2} * n << minTwos;
  for (std::int64_t sevens = 1; sevens < limit; sevens *= 7) {
    for (std::int64_t fives = sevens; fives < limit; fives *= 5) {
      for (std::int64_t size = fives; size < limit; size *= 3) {
        std::int64_t whole = size << minTwos;
        while (whole < n) whole *= 2;
        if (whole < limit && (best == 0 || fftCost(static_cast<int>(whole)) < fftCost(best)))
          best = static_cast<int>(whole);
      }
    }
  }
  return best;
}

}  // namespace

bool isSmooth(int length) {
  for (int prime : {2, 3, 5, 7}) divideOut(length, prime);
  return length == 1;
}

// The largest radices come first, where a pass goes through the whole line, and last, where it needs no factors.
FftFactors factorsOf(int length) {
  FftFactors factors;
  if (!isSmooth(length)) return factors;
  auto add = [&](int radix, int count) {
    for (int i = 0; i < count; ++i) factors.radix[factors.count++] = radix;
  };
  const int twos = divideOut(length, 2);
  const int fours = twos % 3 == 1 && twos > 1 ? 2 : twos % 3 == 2 ? 1 : 0;
  const int eights = (twos - 2 * fours) / 3;
  add(8, eights / 2);
  add(7, divideOut(length, 7));
  add(5, divideOut(length, 5));
  add(3, divideOut(length, 3));
  add(2, twos == 1 ? 1 : 0);
  add(4, fours);
  add(8, eights - eights / 2);
  return factors;
}

double fftCost(int length) {
  const FftFactors factors = factorsOf(length);
  double cost = kInOutCost;
  for (int i = 0; i < factors.count; ++i) cost += passCost(factors.radix[i]);
  return cost * length;
}

int goodComplexSize(int n) { return cheapest(n, 0); }

int goodFftSize(int n) { return cheapest(n, n > 16 ? 4 : 0); }

}  // namespace perifocal
