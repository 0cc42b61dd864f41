#include "fft/real_lines.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <string>

#include "runtime/parallel.h"

namespace perifocal {
namespace {

std::ptrdiff_t strideOf(int columns) { return groupsOf(columns / 2 + 1) * std::ptrdiff_t{kFftElement}; }
std::ptrdiff_t rowStrideOf(int columns) { return (groupsOf(columns) + 1) * std::ptrdiff_t{kFftLines}; }
/// Beyond it, more rows than columns would have to be better, which they never are.
constexpr int kMaxMatrixRows = 4096;
constexpr std::size_t kGroupBytes = sizeof(float) * kBinGroup;

double costOf(int length) { return isSmooth(length) ? fftCost(length) : 2 * fftCost(LinePlan::workElements(length)); }

/// Predicted work of the rows of a matrix, 16 at a time, in the units of fftCost().
double rowsCost(int rows, int columns) {
  return groupsOf(rows) * (costOf(columns % 2 == 0 ? columns / 2 : columns) + 5.0 * columns);
}

double matrixCost(int rows, int columns) {
  return rowsCost(rows, columns) + groupsOf(columns / 2 + 1) * (costOf(rows) + 4.0 * rows);
}

float* take(Arena& arena, std::size_t floats) { return reinterpret_cast<float*>(arena.take(sizeof(float) * floats)); }

}  // namespace

/// How lines are laid out, and what that takes.
struct RealLines::Shape {
  int rows, columns;
  std::size_t matrixFloats = 0, rowFloats = 0, bundleFloats = 0, blockFloats = 0;
};

RealLines::Shape RealLines::shapeOf(int lines, int length) {
  Shape shape{1, length};
  double least = rowsCost(lines, length);
  for (int rows = 2; rows <= std::min(length, kMaxMatrixRows); ++rows) {
    if (length % rows != 0) continue;
    const double cost = lines * matrixCost(rows, length / rows);
    if (cost < least) shape.rows = rows, shape.columns = length / rows, least = cost;
  }
  const auto stride = static_cast<std::size_t>(strideOf(shape.columns));
  const bool isSplit = shape.rows > 1;
  const int elements = std::max(RealRows::workElements(shape.columns), LinePlan::workElements(shape.rows));
  shape.bundleFloats = static_cast<std::size_t>(elements) * kFftElement;
  shape.matrixFloats = isSplit ? groupsOf(shape.rows) * kFftLines * stride : 0;
  shape.rowFloats = isSplit ? 0 : kFftLines * static_cast<std::size_t>(rowStrideOf(length));
  shape.blockFloats = isSplit ? 0 : kFftLines * stride;
  return shape;
}

std::size_t RealLines::arenaBytes(int lines, int length, int threads) {
  const Shape shape = shapeOf(lines, length);
  const auto bytes = [](std::size_t floats) { return perifocal::arenaBytes(sizeof(float) * floats); };
  return RealRows::arenaBytes(shape.columns) + LinePlan::arenaBytes(shape.rows) + 2 * bytes(shape.matrixFloats) +
         static_cast<std::size_t>(threads) *
             (bytes(shape.rowFloats) + bytes(shape.bundleFloats) + bytes(shape.blockFloats));
}

Status RealLines::create(int lines, int length, const FftKernels& kernels, Team& team, Arena& arena,
                         std::unique_ptr<RealLines>& plan) {
  auto made = std::make_unique<RealLines>();
  made->lines_ = lines;
  made->length_ = length;
  if (!made->build(kernels, team, arena)) {
    return {StatusCode::kInternal, "the arena is too small for a transform of " + std::to_string(length) + " values"};
  }
  plan = std::move(made);
  return {};
}

bool RealLines::build(const FftKernels& kernels, Team& team, Arena& arena) {
  const Shape shape = shapeOf(lines_, length_);
  rows_ = shape.rows;
  columns_ = shape.columns;
  kernels_ = &kernels;
  team_ = &team;
  stride_ = strideOf(columns_);
  if (!rowPlan_.create(columns_, kernels, team, arena) || !columnPlan_.create(rows_, kernels, team, arena))
    return false;
  spectrum_ = take(arena, shape.matrixFloats);
  float* turns = take(arena, shape.matrixFloats);
  if (spectrum_ == nullptr || turns == nullptr) return false;
  if (rows_ > 1) fillTurns(turns);
  turns_ = turns;
  for (int t = 0; t < team.threads(); ++t) {
    scratch_[t] = {take(arena, shape.rowFloats), take(arena, shape.bundleFloats), take(arena, shape.blockFloats)};
    if (scratch_[t].rows == nullptr || scratch_[t].bundle == nullptr || scratch_[t].spectrum == nullptr) return false;
  }
  return true;
}

void RealLines::fillTurns(float* turns) const {
  for (std::int64_t r = 0; r < rows_ && !team_->cancelled(); ++r) {
    for (int u = 0; u < groupsOf(rowPlan_.bins()) * kBinGroup; ++u) {
      const double angle = -2.0 * std::numbers::pi * static_cast<double>(r * u % length_) / length_;
      float* at = turns + r * stride_ + 2 * (u - u % kBinGroup) + u % kBinGroup;
      at[0] = static_cast<float>(std::cos(angle));
      at[kBinGroup] = static_cast<float>(std::sin(angle));
    }
  }
}

void RealLines::forward(const float* values, float* re, float* im) {
  if (rows_ == 1) {
    return forEach(*team_, groupsOf(lines_),
                   [&](int block, int thread) { forwardBatch(block, scratch_[thread], values, re, im); });
  }
  for (std::ptrdiff_t line = 0, bins = length_ / 2 + 1; line < lines_; ++line) {
    forwardLine(values + line * length_, re + line * bins, im + line * bins);
  }
}

void RealLines::inverse(const float* re, const float* im, float* values) {
  if (rows_ == 1) {
    return forEach(*team_, groupsOf(lines_),
                   [&](int block, int thread) { inverseBatch(block, scratch_[thread], re, im, values); });
  }
  for (std::ptrdiff_t line = 0, bins = length_ / 2 + 1; line < lines_; ++line) {
    inverseLine(re + line * bins, im + line * bins, values + line * length_);
  }
}

void RealLines::forwardBatch(int block, const Scratch& scratch, const float* values, float* re, float* im) const {
  const std::ptrdiff_t first = std::ptrdiff_t{block} * kFftLines, bins = rowPlan_.bins(),
                       rowStride = rowStrideOf(length_);
  const std::ptrdiff_t count = std::min<std::ptrdiff_t>(kFftLines, lines_ - first);
  for (std::ptrdiff_t r = 0; r < count; ++r) {
    std::copy_n(values + (first + r) * length_, length_, scratch.rows + r * rowStride);
  }
  rowPlan_.gather(scratch.rows, rowStride, scratch.bundle);
  rowPlan_.forward(scratch.bundle, scratch.spectrum, stride_);
  for (std::ptrdiff_t r = 0; r < count; ++r) {
    const float* from = scratch.spectrum + r * stride_;
    for (std::ptrdiff_t u = 0; u < bins; u += kBinGroup, from += kFftElement) {
      const std::ptrdiff_t at = (first + r) * bins + u, some = std::min<std::ptrdiff_t>(kBinGroup, bins - u);
      std::copy_n(from, some, re + at);
      std::copy_n(from + kBinGroup, some, im + at);
    }
  }
}

void RealLines::inverseBatch(int block, const Scratch& scratch, const float* re, const float* im, float* values) const {
  const std::ptrdiff_t first = std::ptrdiff_t{block} * kFftLines, bins = rowPlan_.bins(),
                       rowStride = rowStrideOf(length_);
  const std::ptrdiff_t count = std::min<std::ptrdiff_t>(kFftLines, lines_ - first);
  for (std::ptrdiff_t r = 0; r < count; ++r) {
    float* to = scratch.spectrum + r * stride_;
    for (std::ptrdiff_t u = 0; u < bins; u += kBinGroup, to += kFftElement) {
      const std::ptrdiff_t at = (first + r) * bins + u, some = std::min<std::ptrdiff_t>(kBinGroup, bins - u);
      std::copy_n(re + at, some, to);
      std::copy_n(im + at, some, to + kBinGroup);
    }
  }
  rowPlan_.inverse(scratch.spectrum, stride_, 1.0f / static_cast<float>(length_), scratch.bundle);
  rowPlan_.scatter(scratch.bundle, scratch.rows, rowStride);
  for (std::ptrdiff_t r = 0; r < count; ++r) {
    std::copy_n(scratch.rows + r * rowStride, length_, values + (first + r) * length_);
  }
}

void RealLines::forwardLine(const float* values, float* re, float* im) {
  forEach(*team_, groupsOf(rows_), [&](int block, int thread) { rowsOfLine(block, scratch_[thread].bundle, values); });
  forEach(*team_, groupsOf(rowPlan_.bins()), [&](int group, int thread) {
    float* work = scratch_[thread].bundle;
    columnPlan_.toOrder(FftDirection::kForward, {spectrum_ + std::ptrdiff_t{group} * kFftElement, stride_}, work);
    binsOfColumns(group, work, re, im);
  });
}

void RealLines::inverseLine(const float* re, const float* im, float* values) {
  forEach(*team_, groupsOf(rowPlan_.bins()), [&](int group, int thread) {
    float* work = scratch_[thread].bundle;
    columnsOfBins(group, re, im, work);
    columnPlan_.fromOrder(FftDirection::kInverse, work, {spectrum_ + std::ptrdiff_t{group} * kFftElement, stride_});
  });
  forEach(*team_, groupsOf(rows_), [&](int block, int thread) { lineOfRows(block, scratch_[thread].bundle, values); });
}

/// 16 rows of the matrix, transformed and turned.
void RealLines::rowsOfLine(int block, float* bundle, const float* values) {
  const int first = block * kFftLines, count = std::min(kFftLines, rows_ - first);
  if (rowPlan_.needsClearing()) std::fill_n(bundle, std::ptrdiff_t{columns_} * kFftElement, 0.0f);
  for (std::ptrdiff_t c = 0; c < columns_; ++c) {
    const float* from = values + first + c * rows_;
    float* to = bundle + rowPlan_.offsets()[c];
    if (count == kFftLines) {
      std::memcpy(to, from, kGroupBytes);
    } else {
      std::copy_n(from, count, to);
    }
  }
  float* out = spectrum_ + first * stride_;
  rowPlan_.forward(bundle, out, stride_);
  kernels_->multiplyLanes(out, turns_ + first * stride_, count * static_cast<int>(stride_ / kFftElement));
}

/// The reverse; the spectrum does not survive.
void RealLines::lineOfRows(int block, float* bundle, float* values) {
  const int first = block * kFftLines, count = std::min(kFftLines, rows_ - first);
  float* in = spectrum_ + first * stride_;
  kernels_->multiplyLanesConjugate(in, turns_ + first * stride_, count * static_cast<int>(stride_ / kFftElement));
  rowPlan_.inverse(in, stride_, 1.0f / static_cast<float>(length_), bundle);
  for (std::ptrdiff_t c = 0; c < columns_; ++c) {
    const float* from = bundle + rowPlan_.offsets()[c];
    float* to = values + first + c * rows_;
    if (count == kFftLines) {
      std::memcpy(to, from, kGroupBytes);
    } else {
      std::copy_n(from, count, to);
    }
  }
}

/// Row k of column u is bin u + columns * k; beyond the half spectrum it is the conjugate of its mirror image, which is
/// in no column unless the column is its own mirror image.
void RealLines::binsOfColumns(int group, const float* work, float* re, float* im) const {
  const int first = group * kBinGroup, count = std::min(kBinGroup, rowPlan_.bins() - first);
  const int begin = first == 0 ? 1 : 0, end = 2 * (first + count - 1) == columns_ ? count - 1 : count;
  for (int i = 0; i < rows_; ++i, work += kFftElement) {
    const int base = first + columns_ * columnPlan_.order()[i];
    const int direct = std::clamp(length_ / 2 + 1 - base, 0, count);
    std::copy_n(work, direct, re + base);
    std::copy_n(work + kBinGroup, direct, im + base);
    for (int lane = std::max(direct, begin); lane < end; ++lane) {
      re[length_ - base - lane] = work[lane];
      im[length_ - base - lane] = -work[kBinGroup + lane];
    }
  }
}

void RealLines::columnsOfBins(int group, const float* re, const float* im, float* work) const {
  const int first = group * kBinGroup, count = std::min(kBinGroup, rowPlan_.bins() - first);
  for (int i = 0; i < rows_; ++i, work += kFftElement) {
    const int base = first + columns_ * columnPlan_.order()[i];
    const int direct = std::clamp(length_ / 2 + 1 - base, 0, count);
    std::copy_n(re + base, direct, work);
    std::copy_n(im + base, direct, work + kBinGroup);
    for (int lane = direct; lane < count; ++lane) {
      work[lane] = re[length_ - base - lane];
      work[kBinGroup + lane] = -im[length_ - base - lane];
    }
    // The imaginary parts of the sums of a real line are ignored.
    if (base == 0) work[kBinGroup] = 0.0f;
    if (length_ % 2 == 0 && base <= length_ / 2 && length_ / 2 < base + direct)
      work[kBinGroup + length_ / 2 - base] = 0.0f;
  }
}

}  // namespace perifocal
