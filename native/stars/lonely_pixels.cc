#include "stars/lonely_pixels.h"

#include <cmath>
#include <vector>

namespace perifocal {
namespace {

/// Pixels that tell a share.
constexpr std::size_t kLeast = 20;

}  // namespace

void LonelyPixels::add(std::span<const float> above, std::span<const float> row, std::span<const float> below) {
  if (!(count_ > 0)) return;
  const auto isDark = [&](float value) { return value <= floor_; };
  for (std::size_t x = 1; x + 1 < row.size(); ++x) {
    ++pixels_;
    if (isDark(row[x]) || !isDark(row[x - 1]) || !isDark(row[x + 1])) continue;
    bool isLonely = true;
    for (std::size_t i = x - 1; i <= x + 1; ++i) isLonely = isLonely && isDark(above[i]) && isDark(below[i]);
    if (!isLonely) continue;
    const int level = static_cast<int>(std::lround((row[x] - floor_) / count_));
    for (int k = 0; k < kLevels && k < level; ++k) ++brighter_[k];
  }
}

std::optional<PartSky> LonelyPixels::sky() const {
  std::vector<TailPoint> points;
  for (int k = 0; k < kLevels && brighter_[k] >= kLeast; ++k) {
    const double share = 1 - static_cast<double>(brighter_[k]) / static_cast<double>(pixels_);
    points.push_back({floor_ + (k + 0.5) * count_, share});
  }
  if (points.size() < 2) return std::nullopt;
  return gaussianThrough(points, floor_);
}

}  // namespace perifocal
