// The noise of a sky that is black nearly everywhere: its few pixels above black stand alone, those of stars do not.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "stars/sky_noise.h"

namespace perifocal {

class LonelyPixels {
 public:
  /// @param count what values are rounded to; 0: nothing is told
  LonelyPixels(double floor, double count) : floor_(floor), count_(count) {}

  /// Three rows of brightness, one after the other.
  void add(std::span<const float> above, std::span<const float> row, std::span<const float> below);
  std::optional<PartSky> sky() const;

 private:
  static constexpr int kLevels = 8;

  double floor_, count_;
  std::size_t pixels_ = 0;
  std::array<std::size_t, kLevels> brighter_{};  ///< than so many counts above black
};

}  // namespace perifocal
