#include "stars/bodies.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

#include "runtime/parallel.h"
#include "stars/median.h"
#include "stars/sky_pixels.h"

namespace perifocal {
namespace {

/// Side of the cells that a body fills, and how many at least.
constexpr int kCell = 16;
constexpr int kLeastCells = 8;
/// A body fills more than this times the cells of the widest star.
constexpr double kOfStar = 1.5;
/// Of the pixels of a cell that tell its level.
constexpr int kStep = 5;
/// A cell of a body is so many deviations above the sky, and so many times as bright as one so near to it.
constexpr double kBright = 20, kContrast = 4;
constexpr int kNear = 3;
/// A body ends where it is no brighter than so many times what is around it, and so many deviations.
constexpr double kEnd = 2, kEndDeviations = 10;
/// Pixels between what is clearly inside and outside.
constexpr int kEdge = 8;
/// Pixels around it that are left out with it.
constexpr int kRim = 3;

class BodySearch {
 public:
  BodySearch(const SkyRequest& request, double dark, double sigma)
      : request_(request),
        dark_(dark),
        sigma_(sigma),
        columns_(request.width / kCell),
        rows_(request.height / kCell),
        levels_(static_cast<std::size_t>(columns_) * rows_),
        seeds_(levels_.size()),
        takenBy_(levels_.size(), -1) {}

  std::vector<Body> run(Team& team) {
    forEach(team, rows_, [&](int row, int) { measureRow(row); });
    if (levels_.empty()) return {};
    std::vector<int> bright;
    for (int cell = 0; cell < columns_ * rows_; ++cell) {
      seeds_[cell] = isSeed(cell) ? 1 : 0;
      if (seeds_[cell] != 0) bright.push_back(cell);
    }
    std::stable_sort(bright.begin(), bright.end(), [&](int a, int b) { return levels_[a] > levels_[b]; });
    std::vector<Body> bodies;
    const double star = std::numbers::pi / 4 * request_.widestStar * request_.widestStar / (kCell * kCell);
    for (const int cell : bright) {
      if (seeds_[cell] == 0) continue;
      const std::vector<int> cells = takeTogether(cell);
      if (static_cast<double>(cells.size()) >= std::max<double>(kLeastCells, kOfStar * star)) {
        const Body body = bodyOf(cells);
        if (hasEdge(body)) bodies.push_back(body);
      }
    }
    return bodies;
  }

 private:
  void measureRow(int row) {
    const int width = columns_ * kCell;
    std::vector<std::vector<float>> values(columns_);
    std::vector<float> brightness(width);
    std::vector<std::uint8_t> invalid(width);
    for (int y = row * kCell; y < (row + 1) * kCell; ++y) {
      readPixels(request_, 0, y, width, brightness.data(), invalid.data());
      for (int x = y % kStep; x < width; x += kStep) {
        if (std::isfinite(brightness[x])) values[x / kCell].push_back(brightness[x]);
      }
    }
    for (int column = 0; column < columns_; ++column) {
      const std::span<const float> list = values[column];
      levels_[row * columns_ + column] = list.empty() ? 0 : medianOf(list) - dark_;
    }
  }

  template <class Visit>
  void visitNear(int cell, int far, Visit visit) const {
    const int column = cell % columns_, row = cell / columns_;
    for (int y = std::max(0, row - far); y <= std::min(rows_ - 1, row + far); ++y) {
      for (int x = std::max(0, column - far); x <= std::min(columns_ - 1, column + far); ++x) visit(y * columns_ + x);
    }
  }

  bool isSeed(int cell) const {
    if (levels_[cell] < kBright * sigma_) return false;
    double least = levels_[cell];
    visitNear(cell, kNear, [&](int other) { least = std::min(least, std::max(levels_[other], sigma_)); });
    return levels_[cell] > kContrast * least;
  }

  /// The cells that touch a cell, and those that touch these; inside a large body, as bright ones too.
  std::vector<int> takeTogether(int first) {
    std::vector<int> cells{first};
    const double least = levels_[first] / kContrast;
    seeds_[first] = 0;
    takenBy_[first] = first;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      visitNear(cells[i], 1, [&](int other) {
        if (takenBy_[other] == first || (seeds_[other] == 0 && levels_[other] < least)) return;
        takenBy_[other] = first;
        seeds_[other] = 0;
        cells.push_back(other);
      });
    }
    return cells;
  }

  /// Median of what is around cells.
  double levelAround(const std::vector<int>& cells) const {
    std::vector<std::uint8_t> isNear(seeds_.size());
    for (const int cell : cells) visitNear(cell, kNear, [&](int other) { isNear[other] = 1; });
    for (const int cell : cells) visitNear(cell, 1, [&](int other) { isNear[other] = 0; });
    std::vector<double> levels;
    for (std::size_t cell = 0; cell < isNear.size(); ++cell) {
      if (isNear[cell] != 0) levels.push_back(levels_[cell]);
    }
    return levels.empty() ? 0 : medianOf(std::span<const double>(levels));
  }

  Body bodyOf(const std::vector<int>& cells) const {
    const double limit = dark_ + kEnd * std::max(0.0, levelAround(cells)) + kEndDeviations * sigma_;
    int top = rows_, bottom = 0;
    for (const int cell : cells) {
      top = std::min(top, cell / columns_);
      bottom = std::max(bottom, cell / columns_ + 1);
    }
    std::vector<Body::Row> rows(static_cast<std::size_t>(bottom - top) * kCell, {request_.width, 0});
    for (const int cell : cells) {
      for (int y = 0; y < kCell; ++y) {
        Body::Row& row = rows[(cell / columns_ - top) * kCell + y];
        row = {std::min(row.left, cell % columns_ * kCell), std::max(row.right, (cell % columns_ + 1) * kCell)};
      }
    }
    int first = top * kCell;
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = grown(first + static_cast<int>(i), rows[i], limit);
    for (int y = first - 1; y >= 0 && !isEmpty(rows.front()); y = --first - 1) {
      rows.insert(rows.begin(), grown(y, rows.front(), limit));
    }
    for (int y = first + static_cast<int>(rows.size()); y < request_.height && !isEmpty(rows.back()); ++y) {
      rows.push_back(grown(y, rows.back(), limit));
    }
    return withRim(first, rows);
  }

  static bool isEmpty(const Body::Row& row) { return row.left >= row.right; }

  /// What is bright in a part of a row, and what goes on from there.
  Body::Row grown(int y, Body::Row row, double limit) const {
    std::vector<float> values(request_.width);
    std::vector<std::uint8_t> invalid(request_.width);
    readPixels(request_, 0, y, request_.width, values.data(), invalid.data());
    // What is no number is no light either.
    const auto isDark = [&](int x) { return !(values[x] > limit); };
    while (row.left < row.right && isDark(row.left)) ++row.left;
    while (row.right > row.left && isDark(row.right - 1)) --row.right;
    if (isEmpty(row)) return row;
    while (row.left > 0 && !isDark(row.left - 1)) --row.left;
    while (row.right < request_.width && !isDark(row.right)) ++row.right;
    return row;
  }

  /// Whether it ends where it ends: a sky that gets brighter does not.
  bool hasEdge(const Body& body) const {
    std::vector<float> values(request_.width);
    std::vector<std::uint8_t> invalid(request_.width);
    int ends = 0, sharp = 0;
    for (std::size_t i = 0; i < body.rows.size(); ++i) {
      const auto [left, right] = body.rows[i];
      if (right - left < 4 * kEdge) continue;
      readPixels(request_, 0, body.top + static_cast<int>(i), request_.width, values.data(), invalid.data());
      const auto look = [&](int inner, int outer) {
        if (outer < 0 || outer >= request_.width || !std::isfinite(values[outer])) return;
        const double inside = values[inner] - dark_, outside = std::max(values[outer] - dark_, sigma_);
        ++ends;
        sharp += static_cast<int>(inside > kContrast * outside);
      };
      look(left + kRim + kEdge, left - kEdge / 2);
      look(right - kRim - kEdge, right + kEdge / 2);
    }
    return ends == 0 || 2 * sharp > ends;
  }

  Body withRim(int top, const std::vector<Body::Row>& rows) const {
    const int height = static_cast<int>(rows.size()), first = std::max(0, top - kRim);
    Body body{first, {}};
    for (int y = first; y < std::min(request_.height, top + height + kRim); ++y) {
      Body::Row wide{request_.width, 0};
      for (int i = std::max(0, y - top - kRim); i <= std::min(height - 1, y - top + kRim); ++i) {
        if (isEmpty(rows[i])) continue;
        wide = {std::min(wide.left, rows[i].left - kRim), std::max(wide.right, rows[i].right + kRim)};
      }
      body.rows.push_back({std::max(0, wide.left), std::min(request_.width, wide.right)});
    }
    return body;
  }

  const SkyRequest& request_;
  const double dark_, sigma_;
  int columns_, rows_;
  std::vector<double> levels_;  ///< of every cell above the dark sky
  std::vector<std::uint8_t> seeds_;
  std::vector<int> takenBy_;  ///< the first cell of the last body that took a cell
};

}  // namespace

Body::Row Body::at(int y) const {
  return y < top || y >= top + static_cast<int>(rows.size()) ? Row{0, 0} : rows[y - top];
}

void Body::mark(int y, int left, int count, std::uint8_t* marks) const {
  const Row row = at(y);
  for (int x = std::max(row.left, left); x < std::min(row.right, left + count); ++x) marks[x - left] = kNoStar;
}

void Body::blacken(int y, float* row) const {
  const Row own = at(y);
  if (own.left < own.right) std::fill(row + own.left, row + own.right, 0.0f);
}

std::vector<Body> findBodies(const SkyRequest& request, double dark, double sigma, Team& team) {
  return BodySearch(request, dark, sigma).run(team);
}

}  // namespace perifocal
