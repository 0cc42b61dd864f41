#include "stars/sky_blocks.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "runtime/parallel.h"
#include "stars/block_slope.h"
#include "stars/lonely_pixels.h"
#include "stars/median.h"
#include "stars/sky_pixels.h"

namespace perifocal {
namespace {

/// Side of the blocks in which the background is measured.
constexpr int kBlock = 64;
/// What remains of a frame is shared out: blocks are below one and a half times as wide.
constexpr int kWidestBlock = 2 * kBlock;
/// Samples of a block that its median is taken of.
constexpr int kSamples = 1024;
/// A constant that is this many deviations off the sky is none of it.
constexpr double kOff = 6;
/// Blocks without a pixel of the constant, in parts of all, that tell that the sky is another value.
constexpr double kClearBlocks = 0.25, kClearShare = 0.02;
/// Levels of neighbours that differ by this many deviations have a slope between them.
constexpr double kSteep = 0.5;
/// Medians are rounded to counts: so many are no slope.
constexpr double kRounded = 1.5;
/// Noise of sums in counts, at least: that of rounding.
constexpr double kLeastNoise = 0.28867513459481287;
/// One block of so many is darker than the darkest sky.
constexpr std::size_t kDarkest = 20;
/// Noise that differs by less than this part is the same but for chance.
constexpr double kSameNoise = 0.25;

}  // namespace

/// Of a block: those that are used, and those that are not but are numbers.
struct SkyBlocks::Samples {
  std::vector<float> used, other;
  double constantShare = 0;
};

SkyBlocks::SkyBlocks(const SkyRequest& request, std::optional<float> constant)
    : request_(request),
      constant_(constant),
      columns_(std::max(1, (request.width + kBlock / 2) / kBlock)),
      rows_(std::max(1, (request.height + kBlock / 2) / kBlock)),
      blocks_(static_cast<std::size_t>(columns_) * rows_) {}

SkyBlocks::Area SkyBlocks::areaOf(int block) const {
  const int column = block % columns_, row = block / columns_;
  return {start(column, columns_, request_.width), start(row, rows_, request_.height),
          start(column + 1, columns_, request_.width), start(row + 1, rows_, request_.height)};
}

SkyBlocks::Samples SkyBlocks::read(int block, int step, std::optional<float> leftOut) const {
  const Area area = areaOf(block);
  const int width = area.right - area.left;
  Samples samples;
  samples.used.resize(area.pixels() / step + 1);
  std::size_t valid = 0, constant = 0;
  float brightness[kWidestBlock];
  std::uint8_t invalid[kWidestBlock];
  for (int x = 0, y = area.top; y < area.bottom; x -= width, ++y) {
    if (x >= width) continue;
    readPixels(request_, area.left, y, width, brightness, invalid);
    for (; x < width; x += step) {
      const bool isConstant = constant_ && brightness[x] == *constant_;
      constant += static_cast<std::size_t>(isConstant);
      if (leftOut && isConstant) continue;
      samples.used[valid] = brightness[x];
      valid += invalid[x] == 0;
      if (invalid[x] != 0 && std::isfinite(brightness[x])) samples.other.push_back(brightness[x]);
    }
  }
  samples.constantShare = static_cast<double>(constant) / static_cast<double>(samples.used.size());
  samples.used.resize(valid);
  return samples;
}

void SkyBlocks::measureBlock(int block, std::optional<float> leftOut) {
  // An odd step, so that columns are met evenly.
  const Samples samples = read(block, std::max(1, areaOf(block).pixels() / kSamples | 1), leftOut);
  BlockSky& measured = blocks_[block];
  measured.isKnown = measured.isNoiseKnown = !samples.used.empty() || !samples.other.empty();
  // A block that is saturated all over is its own background.
  measured.sky = skyOf(samples.used.empty() ? samples.other : samples.used, request_.count);
  if (!leftOut) measured.constantShare = samples.constantShare;
  if (!samples.used.empty()) measured.least = *std::min_element(samples.used.begin(), samples.used.end());
}

void SkyBlocks::measure(Team& team) {
  forEach(team, count(), [&](int block, int) { measureBlock(block, std::nullopt); });
  if (constant_) {
    leaveOutUnused(team);
    takeCutOff(team);
  }
  slope(team);
  completeUnknown();
}

/// Where whole blocks show a sky of other values, the constant is none of it: it is the border of the frame.
void SkyBlocks::leaveOutUnused(Team& team) {
  const auto isOff = [&](const BlockSky& block) {
    return block.isKnown && std::fabs(block.sky.level - *constant_) > kOff * block.sky.sigma;
  };
  const auto clear = std::count_if(blocks_.begin(), blocks_.end(), [&](const BlockSky& block) {
    return block.constantShare < kClearShare && isOff(block);
  });
  if (clear == 0 || static_cast<double>(clear) < kClearBlocks * count()) return;
  forEach(team, count(), [&](int block, int) {
    BlockSky& own = blocks_[block];
    own.isUnusedLeftOut = own.constantShare < kClearShare && isOff(own);
    if (own.constantShare < kClearShare) return;
    const BlockSky before = own;
    measureBlock(block, constant_);
    own.isUnusedLeftOut = isOff(own) || !own.isKnown;
    if (!own.isUnusedLeftOut) own = before;
  });
}

/// Blocks whose darker part is cut off at black: noise and level by what is left.
void SkyBlocks::takeCutOff(Team& team) {
  const double floor = *constant_;
  const auto least = std::min_element(blocks_.begin(), blocks_.end(), [](const BlockSky& a, const BlockSky& b) {
    return a.isKnown && (!b.isKnown || a.least < b.least);
  });
  if (!least->isKnown || least->least < floor) return;
  const std::vector<BlockSky> measured = blocks_;
  std::vector<double> cuts(count());
  forEach(team, count(), [&](int block, int) {
    BlockSky& own = blocks_[block];
    if (own.isUnusedLeftOut || !own.isKnown || own.constantShare < kLeastCut) return;
    Samples samples = read(block, 1, std::nullopt);
    if (samples.used.empty()) return;
    cuts[block] = shareAt(samples.used, floor);
    own.isNoiseKnown = cuts[block] <= kMostCut;
    if (!own.isNoiseKnown) return;
    if (const auto sky = censoredSky(std::move(samples.used), floor, cuts[block], request_.count)) own.sky = *sky;
  });
  const auto known = std::count_if(blocks_.begin(), blocks_.end(), [](const BlockSky& b) { return b.isNoiseKnown; });
  if (2 * known >= count()) return;
  if (const auto sky = lonelySky(floor)) return takeUnknownNoise(*sky);
  // No pixel stands out alone: the sky has no noise, and what is brighter is no part of it.
  blocks_ = measured;
}

void SkyBlocks::takeUnknownNoise(const PartSky& sky) {
  for (BlockSky& block : blocks_) {
    if (!block.isKnown || block.isNoiseKnown) continue;
    block.sky.sigma = block.sky.below = std::max(sky.sigma, block.sky.sigma);
    block.sky.summed = sky.summed;
    block.sky.dark = sky.dark;
  }
}

std::optional<PartSky> SkyBlocks::lonelySky(double floor) const {
  LonelyPixels lonely(floor, request_.count);
  std::vector<float> rows[3];
  for (auto& row : rows) row.resize(request_.width);
  std::vector<std::uint8_t> invalid(request_.width);
  for (int y = 0; y < request_.height; ++y) {
    readPixels(request_, 0, y, request_.width, rows[y % 3].data(), invalid.data());
    if (y >= 2) lonely.add(rows[(y - 2) % 3], rows[(y - 1) % 3], rows[y % 3]);
  }
  return lonely.sky();
}

bool SkyBlocks::isSteep(int block) const {
  const int column = block % columns_, row = block / columns_;
  const auto differs = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= columns_ || y >= rows_ || !at(x, y).isKnown) return false;
    return std::fabs(at(x, y).sky.level - blocks_[block].sky.level) >
           kSteep * blocks_[block].sky.sigma + kRounded * request_.count;
  };
  return differs(column - 1, row) || differs(column + 1, row) || differs(column, row - 1) || differs(column, row + 1);
}

/// A slope within a block is no noise.
void SkyBlocks::slope(Team& team) {
  std::vector<int> steep;
  for (int block = 0; block < count(); ++block) {
    const BlockSky& own = blocks_[block];
    if (own.isKnown && own.isNoiseKnown && isSteep(block)) steep.push_back(block);
  }
  forEach(team, static_cast<int>(steep.size()), [&](int i, int) { measureSlope(steep[i]); });
}

void SkyBlocks::measureSlope(int block) {
  const Area area = areaOf(block);
  BlockSky& own = blocks_[block];
  BlockSlope slope(area.right - area.left, area.bottom - area.top);
  float brightness[kWidestBlock];
  std::uint8_t invalid[kWidestBlock];
  for (int y = area.top; y < area.bottom; ++y) {
    readPixels(request_, area.left, y, area.right - area.left, brightness, invalid);
    for (int x = 0; x < area.right - area.left; ++x) {
      const bool isLeftOut = own.isUnusedLeftOut && brightness[x] == *constant_;
      if (invalid[x] == 0 && !isLeftOut) slope.add(x, y - area.top, brightness[x]);
    }
  }
  const std::optional<SlopingSky> sky = slope.measure(request_.count);
  if (!sky) return;
  // What is cut off has no level that would slope.
  if (own.sky.dark < own.sky.level) return;
  own.sky = sky->sky;
  own.riseX = sky->riseX;
  own.riseY = sky->riseY;
  own.isSloping = true;
}

int SkyBlocks::nearestOf(int block, bool (*isFit)(const BlockSky&)) const {
  const auto distance = [&](int other) {
    const int across = block % columns_ - other % columns_, down = block / columns_ - other / columns_;
    return across * across + down * down;
  };
  int nearest = -1;
  for (int other = 0; other < count(); ++other) {
    if (isFit(blocks_[other]) && (nearest < 0 || distance(other) < distance(nearest))) nearest = other;
  }
  return nearest;
}

/// Blocks of which nothing is known are like the nearest other one: their level is none of a sky.
void SkyBlocks::completeUnknown() {
  const std::vector<BlockSky> measured = blocks_;
  for (int block = 0; block < count(); ++block) {
    const BlockSky& own = measured[block];
    if (own.isKnown && own.isNoiseKnown) continue;
    const int known = own.isKnown ? -1 : nearestOf(block, [](const BlockSky& b) { return b.isKnown; });
    const int noise = nearestOf(block, [](const BlockSky& b) { return b.isKnown && b.isNoiseKnown; });
    if (known >= 0) blocks_[block].sky = measured[known].sky;
    if (noise < 0) continue;
    blocks_[block].sky.sigma = std::max(blocks_[block].sky.sigma, measured[noise].sky.sigma);
    blocks_[block].sky.below = std::max(blocks_[block].sky.below, measured[noise].sky.below);
  }
}

PartSky SkyBlocks::median() const {
  const auto hasNoise = [](const BlockSky& block) { return block.isKnown && block.isNoiseKnown; };
  const bool isAnyKnown = std::any_of(blocks_.begin(), blocks_.end(), [](const BlockSky& b) { return b.isKnown; });
  const bool isNoiseKnown = std::any_of(blocks_.begin(), blocks_.end(), hasNoise);
  std::vector<double> sigmas, levels, darks, belows;
  for (const BlockSky& block : blocks_) {
    if (isAnyKnown && !block.isKnown) continue;
    if (!isNoiseKnown || hasNoise(block)) {
      sigmas.push_back(block.sky.sigma);
      belows.push_back(block.sky.below);
    }
    levels.push_back(block.sky.level);
    darks.push_back(block.sky.dark);
  }
  const auto middle = [](const std::vector<double>& values) { return medianOf(std::span<const double>(values)); };
  return {middle(sigmas), middle(levels), middle(darks), middle(belows)};
}

double SkyBlocks::darkest() const {
  std::vector<double> levels;
  for (const BlockSky& block : blocks_) {
    if (block.isKnown) levels.push_back(block.sky.level);
  }
  if (levels.empty()) return 0;
  const auto rank = levels.begin() + static_cast<std::ptrdiff_t>(levels.size() / kDarkest);
  std::nth_element(levels.begin(), rank, levels.end());
  return *rank;
}

std::vector<float> SkyBlocks::relativeNoise() const {
  const double usual = median().below, sigma = median().sigma;
  std::vector<float> noise;
  for (const BlockSky& block : blocks_) {
    if (block.sky.summed > 0) {
      noise.push_back(static_cast<float>(std::max(block.sky.summed, kLeastNoise * request_.count) / sigma));
      continue;
    }
    const double part = block.sky.below / usual;
    const bool isUsual = !(usual > 0) || !std::isfinite(part) || std::fabs(part - 1) < kSameNoise;
    noise.push_back(isUsual ? 1.0f : static_cast<float>(part));
  }
  return noise;
}

void SkyBlocks::measureNoise(const float* plane, const std::uint8_t* invalid, Team& team) {
  forEach(team, count(), [&](int block, int) {
    const Area area = areaOf(block);
    std::vector<float> values;
    const int step = std::max(1, area.pixels() / kSamples | 1);
    for (int x = 0, y = area.top; y < area.bottom; x -= area.right - area.left, ++y) {
      for (; x < area.right - area.left; x += step) {
        const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(y) * request_.width + area.left + x;
        if (invalid[at] == 0) values.push_back(plane[at]);
      }
    }
    if (values.empty() || !blocks_[block].isKnown) return;
    const PartSky rest = skyOf(values, request_.count);
    blocks_[block].sky.sigma = rest.sigma;
    blocks_[block].sky.below = rest.below;
  });
}

}  // namespace perifocal
