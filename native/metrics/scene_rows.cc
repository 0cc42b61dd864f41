#include "metrics/scene_rows.h"

#include <algorithm>

#include "metrics/gaussian.h"

namespace perifocal {
namespace {

constexpr int kWindow = 2 * kSceneRadius + kSmoothedRows;
static_assert(kWindow <= RowCache::kRows);

/// The place within [0, count) of a place beyond it, mirrored with the edge twice.
int mirror(int i, int count) {
  while (i < 0 || i >= count) i = i < 0 ? -1 - i : 2 * count - 1 - i;
  return i;
}

}  // namespace

GreyRows::GreyRows(const FrameView& frame, int width, int height, const MetricKernels& kernels)
    : RowSource(width, height),
      plane_(frame, kLuminance, {}, kernels),
      scale_(255.0 / frame.scale()),
      kernels_(kernels) {}

void GreyRows::read(int y, double* out) {
  plane_.read(0, y, width(), out);
  kernels_.roundToGrey(scale_, width(), out);
}

HalvedRows::HalvedRows(RowSource& full, const MetricKernels& kernels)
    : RowSource((full.width() + 1) / 2, (full.height() + 1) / 2),
      full_(full),
      kernels_(kernels),
      cache_(width()),
      line_(2 * paddedCount(width()) + 2 * kMetricLanes),
      scratch_(2 * (paddedCount(width()) + kMetricLanes)) {}

void HalvedRows::read(int y, double* out) {
  const double* rows[8];
  for (int k = 0; k < 8; ++k) rows[k] = halvedColumns(mirror(2 * y - 3 + k, full_.height()));
  kernels_.halveRows(rows, width(), out);
}

const double* HalvedRows::halvedColumns(int y) {
  return cache_.row(y, [&](double* out) {
    double* inside = line_.data() + 3;
    full_.read(y, inside);
    const int count = full_.width();
    for (int i = 1; i <= 3; ++i) inside[-i] = inside[mirror(-i, count)];
    for (int i = count; i < 2 * width() + 4; ++i) inside[i] = inside[mirror(i, count)];
    kernels_.halveColumns(line_.data(), width(), scratch_.data(), out);
  });
}

NormalisedRows::NormalisedRows(RowSource& image, SceneBorder border, const MetricKernels& kernels)
    : image_(image),
      border_(border),
      kernels_(kernels),
      weights_(gaussianWeights<kSceneRadius>(7.0 / 6)),
      rows_(image.width()),
      squares_(image.width()),
      zeros_(paddedCount(image.width())) {
  const int columns = paddedCount(image.width());
  for (int i = 0; i < kSmoothedRows; ++i) {
    means_[i].resize(columns + 2 * kMetricLanes);
    meanSquares_[i].resize(columns + 2 * kMetricLanes);
    coefficients_[i].resize(columns);
    sigma_[i].resize(columns);
  }
}

const double* NormalisedRows::imageRow(int y) {
  return rows_.row(y, [&](double* out) { image_.read(y, out); });
}

const double* NormalisedRows::squaredRow(int y) {
  const double* row = imageRow(y);
  return squares_.row(y, [&](double* out) { kernels_.square(row, image_.width(), out); });
}

/// Beyond both ends of the row that begins at kSceneRadius.
void NormalisedRows::extend(std::vector<double>& row) const {
  double* first = row.data() + kSceneRadius;
  double* last = first + image_.width() - 1;
  const bool replicate = border_ == SceneBorder::kReplicate;
  std::fill(row.data(), first, replicate ? *first : 0.0);
  std::fill(last + 1, row.data() + row.size(), replicate ? *last : 0.0);
}

void NormalisedRows::make(int y) {
  const int width = image_.width(), height = image_.height();
  const double *rows[kWindow], *squares[kWindow];
  for (int k = 0; k < kWindow; ++k) {
    const int wanted = y - kSceneRadius + k, inside = std::clamp(wanted, 0, height - 1);
    const bool isZero = border_ == SceneBorder::kZero && wanted != inside;
    rows[k] = isZero ? zeros_.data() : imageRow(inside);
    squares[k] = isZero ? zeros_.data() : squaredRow(inside);
  }
  double *means[kSmoothedRows], *meanSquares[kSmoothedRows];
  for (int i = 0; i < kSmoothedRows; ++i) {
    means[i] = means_[i].data() + kSceneRadius;
    meanSquares[i] = meanSquares_[i].data() + kSceneRadius;
  }
  kernels_.smoothColumns3(rows, weights_.data(), width, means);
  kernels_.smoothColumns3(squares, weights_.data(), width, meanSquares);
  for (int i = 0; i < kSmoothedRows; ++i) {
    extend(means_[i]);
    extend(meanSquares_[i]);
    const SceneRow row{rows[kSceneRadius + i], means_[i].data(), meanSquares_[i].data(), weights_.data()};
    kernels_.normalise(row, width, coefficients_[i].data(), sigma_[i].data());
    std::fill(coefficients_[i].begin() + width, coefficients_[i].end(), 0.0);
  }
}

}  // namespace perifocal
