// What every method of a solver works with.
#pragma once

#include "deconvolution/geometry.h"
#include "deconvolution/kernels.h"
#include "deconvolution/shape.h"
#include "fft/real_fft.h"
#include "runtime/arena.h"
#include "runtime/team.h"

namespace perifocal {

/// Rows of floats for the work of one thread at a time; row(...)[-1] belongs to it too.
class RowScratch {
 public:
  static constexpr int kRows = 6;

  static std::size_t bytes(const SolverShape& shape, const Geometry& geometry) {
    return sizeof(float) * kRows * shape.threads * pitchOf(geometry);
  }
  void create(const SolverShape& shape, const Geometry& geometry, Arena& arena) {
    pitch_ = pitchOf(geometry);
    data_ = reinterpret_cast<float*>(arena.take(bytes(shape, geometry)));
  }

  float* row(int thread, int index) const { return data_ + (thread * kRows + index) * pitch_ + kLead; }

 private:
  static constexpr std::ptrdiff_t kLead = 16;
  static std::ptrdiff_t pitchOf(const Geometry& geometry) { return geometry.pitch + kLead; }

  float* data_ = nullptr;
  std::ptrdiff_t pitch_ = 0;
};

/// Sums of one row; every row writes its own, so that the order of summation does not depend on threads.
struct RowTotals {
  double residual, light, change, norm, withLast, square;
};

/// All rows in their order.
RowTotals total(const RowTotals* rows, int count);

/// The row below the last one is the first one.
struct Plane {
  float* data = nullptr;
  std::ptrdiff_t pitch = 0;
  int rows = 0;

  float* row(int y) const { return data + y * pitch; }
  float* above(int y) const { return row(y == 0 ? rows - 1 : y - 1); }
  float* below(int y) const { return row(y == rows - 1 ? 0 : y + 1); }
};

Plane takePlane(const Geometry& geometry, Arena& arena);

struct Workspace {
  const SolverShape& shape;
  const Geometry& geometry;
  const DeconvolutionKernels& kernels;
  RealFft2d& fft;
  Team& team;
  RowScratch scratch;
  RowTotals* totals;  ///< one per padded row
};

}  // namespace perifocal
