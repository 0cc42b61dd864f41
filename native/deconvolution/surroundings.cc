#include "deconvolution/surroundings.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fft/visits.h"

namespace perifocal {

namespace {

/// Steps of a long schedule grow errors of rounding unless large and small ones alternate (Lebedev and Finogenov 1971):
/// the place of a pass among those of its schedule, the smallest step being the first.
int stablePlace(int pass, int passes) {
  if (passes == 1) return 0;
  const int place = stablePlace(pass / 2, passes / 2);
  return pass % 2 == 0 ? place : passes - 1 - place;
}

}  // namespace

Surroundings::Schedule Surroundings::scheduleOf(const SolverShape& shape, std::int64_t validPixels) {
  const std::int64_t pixels = static_cast<std::int64_t>(shape.width) * shape.height;
  if (shape.masked && (pixels - validPixels) * kFew > pixels) return {16, 0.01};
  const bool isWiener = shape.method == DeconvolutionMethod::kWiener;
  return shape.masked || isWiener ? Schedule{8, 0.03} : Schedule{2, 0.15};
}

void Surroundings::fill(Spectrum spectrum, std::int64_t validPixels) {
  if (w_.shape.boundary != Boundary::kBertero && !observation_.masked()) return;
  const Schedule schedule = scheduleOf(w_.shape, validPixels);
  for (int pass = 0; pass < schedule.passes; ++pass) {
    predict(spectrum, schedule.relaxation(pass));
    restoreKnown(spectrum);
  }
}

float Surroundings::Schedule::relaxation(int pass) const {
  const double root = std::cos(std::numbers::pi * (2 * stablePlace(pass, passes) + 1) / (2 * passes));
  return static_cast<float>(2 / (1 + slowest + (1 - slowest) * root));
}

/// Restored by Wiener's filter with a gradient prior, and blurred again.
void Surroundings::predict(Spectrum spectrum, float relaxation) {
  auto filter = [&](const ColumnBlock& block, int) {
    w_.kernels.predict({block.data, nullptr, transfer_.at(block), transfer_.isReal(), block.frequency,
                        penalty_.ofRow.data(), penalty_.ofColumn.data() + block.bin, block.rows, kNsr},
                       relaxation);
  };
  const ColumnVisit filtering(filter);
  w_.fft.throughColumns(spectrum, filtering.function, filtering.context);
}

void Surroundings::restoreKnown(Spectrum spectrum) {
  auto restore = [&](int first, int count, float* rows, std::ptrdiff_t stride, int thread) {
    for (int i = 0; i < count; ++i) restoreRow(first + i, rows + i * stride, thread);
  };
  const RowVisit restoring(restore);
  w_.fft.sweepRows(spectrum, restoring.function, restoring.context);
}

void Surroundings::restoreRow(int y, float* row, int thread) {
  const bool isTileAlone = w_.shape.boundary == Boundary::kBertero;
  if (isTileAlone && y >= w_.geometry.height) return;
  const int columns = isTileAlone ? w_.geometry.width : w_.geometry.columns;
  float* values = w_.scratch.row(thread, 0);
  float* spare = w_.scratch.row(thread, 1);
  observation_.values(y, values, spare);
  if (!observation_.masked()) {
    std::copy_n(values, columns, row);
    return;
  }
  float* valid = w_.scratch.row(thread, 2);
  observation_.valid(y, valid, spare);
  for (int x = 0; x < columns; ++x) row[x] = valid[x] != 0.0f ? values[x] : row[x];
  observation_.raise(y, values, row);
}

}  // namespace perifocal
