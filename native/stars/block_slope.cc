#include "stars/block_slope.h"

#include <algorithm>
#include <cmath>

#include "stars/median.h"

namespace perifocal {
namespace {

/// Pixels that tell the level of a cell, and cells that tell a plane.
constexpr std::size_t kLeastPixels = 16;
constexpr std::size_t kLeastCells = 6;
/// Cells that are further off than so many of their usual deviations count less (Tukey's biweight).
constexpr double kTukey = 4.685;
constexpr int kPasses = 5;

/// a + b x + c y by weighted least squares; false where that is not determined.
bool fitPlane(const std::vector<CellLevel>& cells, const std::vector<double>& weights, std::array<double, 3>& plane) {
  double m[3][4] = {};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const double row[4] = {1, cells[i].x, cells[i].y, cells[i].level};
    for (int a = 0; a < 3; ++a) {
      for (int b = 0; b < 4; ++b) m[a][b] += weights[i] * row[a] * row[b];
    }
  }
  for (int pivot = 0; pivot < 3; ++pivot) {
    if (!(m[pivot][pivot] > 1e-9)) return false;
    for (int row = 0; row < 3; ++row) {
      const double factor = row == pivot ? 0 : m[row][pivot] / m[pivot][pivot];
      for (int column = pivot; column < 4; ++column) m[row][column] -= factor * m[pivot][column];
    }
  }
  for (int i = 0; i < 3; ++i) plane[i] = m[i][3] / m[i][i];
  return true;
}

double at(const std::array<double, 3>& plane, double x, double y) { return plane[0] + plane[1] * x + plane[2] * y; }

}  // namespace

std::optional<std::array<double, 3>> robustPlane(const std::vector<CellLevel>& cells) {
  std::array<double, 3> plane{};
  std::vector<double> weights(cells.size(), 1.0), off(cells.size());
  for (int pass = 0; pass < kPasses; ++pass) {
    if (!fitPlane(cells, weights, plane)) return std::nullopt;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      off[i] = std::fabs(cells[i].level - at(plane, cells[i].x, cells[i].y));
    }
    const double limit = kTukey * 1.4826 * medianOf(std::span<const double>(off));
    for (std::size_t i = 0; i < cells.size() && limit > 0; ++i) {
      const double part = std::min(1.0, off[i] / limit);
      weights[i] = (1 - part * part) * (1 - part * part);
    }
  }
  return plane;
}

void BlockSlope::add(int x, int y, float value) {
  const int cell = y * kCells / height_ * kCells + x * kCells / width_;
  const auto fromMiddle = [](int place, int size) { return static_cast<float>(place - (size - 1) / 2.0); };
  cells_[cell].push_back({fromMiddle(x, width_), fromMiddle(y, height_), value});
}

std::optional<SlopingSky> BlockSlope::measure(double count) const {
  std::vector<CellLevel> cells;
  std::vector<float> values;
  for (const auto& pixels : cells_) {
    if (pixels.size() < kLeastPixels) continue;
    CellLevel cell{0, 0, 0};
    values.clear();
    for (const Pixel& pixel : pixels) {
      cell.x += pixel.x / static_cast<double>(pixels.size());
      cell.y += pixel.y / static_cast<double>(pixels.size());
      values.push_back(pixel.value);
    }
    cell.level = medianOf(std::span<const float>(values));
    cells.push_back(cell);
  }
  if (cells.size() < kLeastCells) return std::nullopt;
  const std::optional<std::array<double, 3>> fitted = robustPlane(cells);
  if (!fitted) return std::nullopt;
  const std::array<double, 3>& plane = *fitted;
  values.clear();
  for (const auto& pixels : cells_) {
    for (const Pixel& pixel : pixels) values.push_back(static_cast<float>(pixel.value - at(plane, pixel.x, pixel.y)));
  }
  const PartSky rest = skyOf(values, count);
  const double level = plane[0] + rest.level;
  return SlopingSky{{rest.sigma, level, level, rest.below}, plane[1], plane[2]};
}

}  // namespace perifocal
