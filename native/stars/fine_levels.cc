#include "stars/fine_levels.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/parallel.h"
#include "stars/block_slope.h"
#include "stars/median.h"

namespace perifocal {
namespace {

/// Of the pixels of a cell that tell whether a block is rough.
constexpr int kStep = 5;
/// Cells that are off by so many deviations of the sky and counts, so many on either side, are no sky as measured:
/// stars make cells brighter only.
constexpr double kOff = 0.5, kOffCounts = 1;
constexpr int kLeastOff = 3;
/// The smallest cells tell nothing.
constexpr int kLeastPixels = 64;
/// What is left by one pass of cells is taken off by the next.
constexpr int kPasses = 3;
/// Fewer pixels do not tell the level of a cell, and fewer cells no slope.
constexpr std::size_t kLeastKnown = 64, kLeastAround = 5;
constexpr double kUnknown = std::numeric_limits<double>::infinity();
/// Noise of a cell in deviations of the usual sky from which on it is none.
constexpr double kWild = 6;

double medianOr(const std::vector<float>& values, double other) {
  return values.empty() ? other : medianOf(std::span<const float>(values));
}

/// Between which middles of cells a pixel lies, and how far from the first.
struct Between {
  int low, high;
  double share;

  Between(int place, int size, int count) {
    const double position = std::clamp((place + 0.5) * count / size - 0.5, 0.0, count - 1.0);
    low = static_cast<int>(position);
    high = std::min(count - 1, low + 1);
    share = position - low;
  }
};

}  // namespace

FineLevels::FineLevels(const SkyBlocks& blocks, float* plane, std::uint8_t* invalid, int width, int height)
    : blocks_(blocks),
      plane_(plane),
      invalid_(invalid),
      width_(width),
      height_(height),
      columns_(kSide * blocks.columns()),
      rows_(kSide * blocks.rows()),
      rough_(blocks.count()),
      fine_(blocks.count()),
      levels_(static_cast<std::size_t>(columns_) * rows_) {}

FineLevels::Cell FineLevels::areaOf(int column, int row) const {
  return {SkyBlocks::start(column, columns_, width_), SkyBlocks::start(row, rows_, height_),
          SkyBlocks::start(column + 1, columns_, width_), SkyBlocks::start(row + 1, rows_, height_)};
}

std::vector<float> FineLevels::read(const Cell& cell, int step) const {
  std::vector<float> values;
  const int width = cell.right - cell.left;
  for (int x = 0, y = cell.top; y < cell.bottom; x -= width, ++y) {
    for (; x < width; x += step) {
      const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(y) * width_ + cell.left + x;
      if (invalid_[at] == 0) values.push_back(plane_[at]);
    }
  }
  return values;
}

bool FineLevels::isRough(int block, double count) const {
  const int left = block % blocks_.columns() * kSide, top = block / blocks_.columns() * kSide;
  const BlockSky& own = blocks_.at(block % blocks_.columns(), block / blocks_.columns());
  if (!own.isKnown || !own.isNoiseKnown || own.sky.summed > 0) return false;
  const double limit = kOff * own.sky.below + kOffCounts * count;
  int darker = 0, brighter = 0;
  for (int i = 0; i < kSide * kSide; ++i) {
    const double level = medianOr(read(areaOf(left + i % kSide, top + i / kSide), kStep), 0);
    darker += static_cast<int>(level < -limit);
    brighter += static_cast<int>(level > limit);
  }
  return darker >= kLeastOff && brighter >= kLeastOff;
}

/// The glare of a body is steeper than blocks can follow.
bool FineLevels::hasBody(int block) const {
  const int left = block % blocks_.columns() * kSide, top = block / blocks_.columns() * kSide;
  const Cell first = areaOf(left, top), last = areaOf(left + kSide - 1, top + kSide - 1);
  for (int y = first.top; y < last.bottom; y += kStep) {
    for (int x = first.left; x < last.right; x += kStep) {
      if (invalid_[static_cast<std::ptrdiff_t>(y) * width_ + x] == kNoStar) return true;
    }
  }
  return false;
}

bool FineLevels::isNearRough(int block) const {
  const int column = block % blocks_.columns(), row = block / blocks_.columns();
  for (int y = std::max(0, row - 1); y <= std::min(blocks_.rows() - 1, row + 1); ++y) {
    for (int x = std::max(0, column - 1); x <= std::min(blocks_.columns() - 1, column + 1); ++x) {
      if (rough_[y * blocks_.columns() + x] != 0) return true;
    }
  }
  return false;
}

bool FineLevels::subtract(double count, Team& team) {
  const Cell first = areaOf(0, 0);
  if ((first.right - first.left) * (first.bottom - first.top) < kLeastPixels) return false;
  forEach(team, blocks_.count(),
          [&](int block, int) { rough_[block] = hasBody(block) || isRough(block, count) ? 1 : 0; });
  if (std::count(rough_.begin(), rough_.end(), 1) == 0) return false;
  for (int block = 0; block < blocks_.count(); ++block) fine_[block] = isNearRough(block) ? 1 : 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    measureCells(team);
    smooth();
    subtractCells(team);
  }
  leaveOut(team);
  return true;
}

void FineLevels::measureCells(Team& team) {
  forEach(team, columns_ * rows_, [&](int cell, int) {
    const int column = cell % columns_, row = cell / columns_;
    levels_[cell] = 0;
    if (!takesPart(column, row)) return;
    const std::vector<float> values = read(areaOf(column, row), 1);
    levels_[cell] = values.size() < kLeastKnown ? kUnknown : medianOr(values, 0);
  });
}

/// A plane through a cell and its neighbours: a wide star fills less than half of them.
void FineLevels::smooth() {
  const std::vector<double> measured = levels_;
  for (int cell = 0; cell < columns_ * rows_; ++cell) {
    const int column = cell % columns_, row = cell / columns_;
    if (!takesPart(column, row)) continue;
    std::vector<CellLevel> around;
    std::vector<double> levels;
    for (int y = std::max(0, row - 1); y <= std::min(rows_ - 1, row + 1); ++y) {
      for (int x = std::max(0, column - 1); x <= std::min(columns_ - 1, column + 1); ++x) {
        const double level = measured[y * columns_ + x];
        if (level == kUnknown) continue;
        around.push_back({static_cast<double>(x - column), static_cast<double>(y - row), level});
        levels.push_back(level);
      }
    }
    const auto plane = around.size() < kLeastAround ? std::nullopt : robustPlane(around);
    levels_[cell] = plane ? (*plane)[0] : levels.empty() ? 0 : medianOf(std::span<const double>(levels));
  }
}

void FineLevels::subtractCells(Team& team) {
  forEachRow(team, height_, [&](int y, int) {
    const Between down(y, height_, rows_);
    float* row = plane_ + static_cast<std::ptrdiff_t>(y) * width_;
    const std::uint8_t* invalid = invalid_ + static_cast<std::ptrdiff_t>(y) * width_;
    for (int x = 0; x < width_; ++x) {
      const Between across(x, width_, columns_);
      const auto level = [&](int r, int c) { return levels_[r * columns_ + c]; };
      const double low = (1 - across.share) * level(down.low, across.low) + across.share * level(down.low, across.high);
      const double high =
          (1 - across.share) * level(down.high, across.low) + across.share * level(down.high, across.high);
      if (invalid[x] == 0) row[x] -= static_cast<float>((1 - down.share) * low + down.share * high);
    }
  });
}

void FineLevels::leaveOut(Team& team) {
  const double limit = kWild * blocks_.median().sigma;
  forEach(team, columns_ * rows_, [&](int cell, int) {
    if (!takesPart(cell % columns_, cell / columns_)) return;
    const Cell area = areaOf(cell % columns_, cell / columns_);
    std::vector<float> values = read(area, 1);
    for (float& value : values) value = std::fabs(value);
    if (1.4826 * medianOr(values, 0) < limit) return;
    for (int y = area.top; y < area.bottom; ++y) {
      for (int x = area.left; x < area.right; ++x) {
        const std::ptrdiff_t at = static_cast<std::ptrdiff_t>(y) * width_ + x;
        plane_[at] = 0;
        invalid_[at] = kNoStar;
      }
    }
  });
}

}  // namespace perifocal
