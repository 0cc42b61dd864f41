// Small deterministic generator (PCG-XSH-RR, O'Neill 2014): the same numbers on every platform.
#pragma once

#include <cstdint>

namespace perifocal::checks {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 2 + 1) { next(); }

  std::uint32_t next() {
    const std::uint64_t old = state_;
    state_ = old * 6364136223846793005ull + 1442695040888963407ull;
    const auto mixed = static_cast<std::uint32_t>(((old >> 18) ^ old) >> 27);
    const auto turn = static_cast<unsigned>(old >> 59);
    return mixed >> turn | mixed << (-turn & 31);
  }

  /// Uniform in [low, high].
  int between(int low, int high) { return low + static_cast<int>(next() % static_cast<std::uint32_t>(high - low + 1)); }

  /// Uniform in [0, 1).
  double unit() { return next() / 4294967296.0; }

 private:
  std::uint64_t state_;
};

}  // namespace perifocal::checks
