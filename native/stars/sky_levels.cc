#include "stars/sky_levels.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace perifocal {
namespace {

/// Between the middles of which two blocks a pixel lies, and how far from the first; outside, below 0 or above it.
struct Place {
  int low, high;
  double share;

  Place(int index, int size, int count) {
    const double position = (index + 0.5) * count / size - 0.5, inner = std::clamp(position, 0.0, count - 1.0);
    low = static_cast<int>(inner);
    high = std::min(count - 1, low + 1);
    share = position - low;
    if (position < 0) high = low;
  }
};

/// How a cubic bends away from the straight line between two knots.
double bend(bool isSloping, double slope, double rise) { return isSloping ? slope - rise : 0; }

}  // namespace

LevelRows::LevelRows(const SkyBlocks& blocks, int width, int height) : blocks_(blocks), width_(width), height_(height) {
  const double step = static_cast<double>(width) / blocks.columns();
  for (int x = 0; x < width; ++x) {
    const Place place(x, width, blocks.columns());
    if (segments_.empty() || segments_.back().low != place.low || segments_.back().high != place.high) {
      segments_.push_back({x, place.low, place.high, step});
    }
    shares_.push_back(static_cast<float>(place.share));
  }
  segments_.push_back({width, 0, 0, step});
}

LevelRows::Knot LevelRows::knotAt(int column, int y) const {
  const Place down(y, height_, blocks_.rows());
  const BlockSky &low = blocks_.at(column, down.low), &high = blocks_.at(column, down.high);
  const double step = static_cast<double>(height_) / blocks_.rows(), t = down.share;
  if (down.low == down.high) {
    return {low.sky.level + (low.isSloping ? low.riseY * step * t : 0), low.riseX, low.isSloping};
  }
  const double rise = high.sky.level - low.sky.level;
  const double start = bend(low.isSloping, low.riseY * step, rise), end = bend(high.isSloping, high.riseY * step, rise);
  const double level = (1 - t) * low.sky.level + t * high.sky.level + t * (1 - t) * ((1 - t) * start - t * end);
  return {level, (1 - t) * low.riseX + t * high.riseX, low.isSloping || high.isSloping};
}

LevelRows::Cubic LevelRows::cubicOf(const Segment& segment, int y) const {
  const Knot low = knotAt(segment.low, y), high = knotAt(segment.high, y);
  if (segment.low == segment.high) {
    const double rise = low.isSloping ? low.rise * segment.step : 0;
    return {static_cast<float>(low.level), static_cast<float>(rise), 0, 0};
  }
  const double rise = high.level - low.level;
  return {static_cast<float>(low.level), static_cast<float>(rise),
          static_cast<float>(bend(low.isSloping, low.rise * segment.step, rise)),
          static_cast<float>(bend(high.isSloping, high.rise * segment.step, rise))};
}

void LevelRows::subtract(int y, float* row) const {
  for (std::size_t i = 0; i + 1 < segments_.size(); ++i) {
    subtract(segments_[i], segments_[i + 1].left, cubicOf(segments_[i], y), row);
  }
}

void LevelRows::subtract(const Segment& segment, int right, const Cubic& cubic, float* row) const {
  constexpr std::uint32_t kExponent = 0x7f800000;
  const float* shares = shares_.data();
  const auto [low, rise, start, end] = cubic;
  for (int x = segment.left; x < right; ++x) {
    const auto bits = std::bit_cast<std::uint32_t>(row[x]);
    // What is no number would spread over everything that is transformed with it. Without a branch, for vectors.
    const std::uint32_t kept = (bits & kExponent) == kExponent ? 0 : ~0u;
    const float t = shares[x], rest = 1 - t;
    const float above = row[x] - low - t * rise - t * rest * (rest * start - t * end);
    row[x] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(above) & kept);
  }
}

}  // namespace perifocal
