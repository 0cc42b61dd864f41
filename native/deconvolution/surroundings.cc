#include "deconvolution/surroundings.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "fft/visits.h"

namespace perifocal {

void Surroundings::fill(Spectrum spectrum) {
  if (w_.shape.boundary != Boundary::kBertero) return;
  const Schedule schedule = scheduleOf(w_.shape.method);
  for (int pass = 0; pass < schedule.passes; ++pass) {
    predict(spectrum, schedule.relaxation(pass));
    restoreTile(spectrum);
  }
}

float Surroundings::Schedule::relaxation(int pass) const {
  const double root = std::cos(std::numbers::pi * (2 * pass + 1) / (2 * passes));
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

void Surroundings::restoreTile(Spectrum spectrum) {
  auto restore = [&](int first, int count, float* rows, std::ptrdiff_t stride, int thread) {
    float* values = w_.scratch.row(thread, 0);
    for (int i = 0; i < count && first + i < w_.geometry.height; ++i) {
      observation_.values(first + i, values, w_.scratch.row(thread, 1));
      std::copy_n(values, w_.geometry.width, rows + i * stride);
    }
  };
  const RowVisit restoring(restore);
  w_.fft.sweepRows(spectrum, restoring.function, restoring.context);
}

}  // namespace perifocal
