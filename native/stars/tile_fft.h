// The transform of one tile at a time, with memory of its own: one a thread.
#pragma once

#include <memory>
#include <string>

#include "fft/real_fft.h"
#include "fft/visits.h"
#include "runtime/status.h"

namespace perifocal {

class TileFft {
 public:
  TileFft() : team_(1) {}

  Status create(int rows, int columns, const FftKernels& kernels) {
    const std::size_t bytes = RealFft2d::arenaBytes(rows, columns, 1) + RealFft2d::spectrumBytes(rows, columns);
    if (!arena_.map(bytes)) return {StatusCode::kOutOfMemory, "could not map " + std::to_string(bytes) + " bytes"};
    const Status status = RealFft2d::create(rows, columns, kernels, team_, arena_, plan_);
    if (status.ok()) spectrum_ = plan_->takeSpectrum(arena_);
    return status;
  }

  RealFft2d& plan() { return *plan_; }
  Spectrum spectrum() const { return spectrum_; }

  /// Rows by `produce(row, out)` to a spectrum whose columns are still to be transformed.
  template <class Produce>
  void forwardRows(Produce&& produce) {
    auto visit = [&](int first, int count, float* rows, std::ptrdiff_t stride, int) {
      for (int r = 0; r < count; ++r) produce(first + r, rows + r * stride);
    };
    const RowVisit visiting(visit);
    plan_->forwardRows(visiting.function, visiting.context, spectrum_);
  }

  /// The reverse: `consume(row, values)`.
  template <class Consume>
  void inverseRows(Consume&& consume) {
    auto visit = [&](int first, int count, float* rows, std::ptrdiff_t stride, int) {
      for (int r = 0; r < count; ++r) consume(first + r, rows + r * stride);
    };
    const RowVisit visiting(visit);
    plan_->inverseRows(spectrum_, visiting.function, visiting.context);
  }

 private:
  Team team_;
  Arena arena_;
  std::unique_ptr<RealFft2d> plan_;
  Spectrum spectrum_;
};

}  // namespace perifocal
