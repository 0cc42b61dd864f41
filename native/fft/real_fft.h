// Real 2-D transforms in block sweeps that run a caller's work while data is in the cache. numpy's convention: the
// forward transform is not scaled, the inverse by 1 / (rows * columns). Any size works; goodFftSize() names fast ones.
// The same bits for any number of threads.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>

#include "fft/kernels.h"
#include "fft/line_plan.h"
#include "fft/real_rows.h"
#include "runtime/arena.h"
#include "runtime/status.h"
#include "runtime/team.h"

namespace perifocal {

/// Half spectrum of a real rows x columns image, bins u <= columns / 2. Rows are split-complex in groups of 16 bins: 16
/// real parts, 16 imaginary parts, the next 16 bins. Bins beyond the last one are scratch.
struct Spectrum {
  float* data = nullptr;
  std::ptrdiff_t stride = 0;  ///< floats from row to row

  /// Real part of bin u of row v; its imaginary part is 16 floats further.
  float* at(int v, int u) const { return data + v * stride + 2 * (u - u % kBinGroup) + u % kBinGroup; }
};

/// What a function of columns gets: some rows of one group of 16 bins. Row i has the vertical frequency
/// `frequency[i]` (0 to rows - 1, in no particular order); its 16 real parts are at `data + i * 32`, the 16 imaginary
/// parts follow. In a spectrum, the same bins are at `at(frequency[i], bin)` in the same order.
struct ColumnBlock {
  const int* frequency;
  int rows;
  int bin;       ///< of the first of the 16; may reach beyond the last bin
  int position;  ///< of its first row in the order of visits, which is the same for all columns and sweeps
  float* data;
};

class RealFft2d {
 public:
  /// 1 <= rows, columns <= kMaxFftLength. What create() takes from the arena, and takeSpectrum().
  static std::size_t arenaBytes(int rows, int columns, int threads);
  static std::size_t spectrumBytes(int rows, int columns);
  /// The kernels, the team and the arena must outlive the plan.
  static Status create(int rows, int columns, const FftKernels& kernels, Team& team, Arena& arena,
                       std::unique_ptr<RealFft2d>& plan);

  /// From now on, one block of rows in eight is transformed twice in each sweep, others in the next.
  void repeatSome() { repeats_ = true; }
  /// Blocks whose second transform was another one than the first, since the plan was made.
  int differences() const { return differences_.load(); }

  int rows() const { return rows_; }
  int columns() const { return columns_; }
  int bins() const { return columns_ / 2 + 1; }
  /// Null data where the arena is used up.
  Spectrum takeSpectrum(Arena& arena) const;

  /// Rows of a block but for the last one; the n-th block starts at row n * blockRows().
  static constexpr int blockRows() { return kFftLines; }

  /// `count` adjacent rows of reals from `row` on, `stride` floats apart; up to 16 floats beyond a row are scratch.
  /// Called at the same time for different blocks by different threads; blocks do not depend on the number of threads.
  using RowFunction = void (*)(void* context, int row, int count, float* rows, std::ptrdiff_t stride, int thread);
  /// Every row, made by `produce`, transformed.
  void forwardRows(RowFunction produce, void* context, Spectrum out);
  /// Every row of the spectrum transformed back and handed to `consume`.
  void inverseRows(Spectrum in, RowFunction consume, void* context);
  /// inverseRows, `transform` in place, forwardRows.
  void sweepRows(Spectrum spectrum, RowFunction transform, void* context);

  /// Called at the same time for different blocks by different threads. Every (frequency, bin) comes once.
  using ColumnFunction = void (*)(void* context, const ColumnBlock& block, int thread);
  void forwardColumns(Spectrum spectrum);
  void inverseColumns(Spectrum spectrum);
  /// forwardColumns, `multiply` in place, inverseColumns.
  void throughColumns(Spectrum spectrum, ColumnFunction multiply, void* context);
  /// The columns made by `produce`, transformed back.
  void inverseColumns(ColumnFunction produce, void* context, Spectrum out);
  /// The columns transformed and handed to `consume`; the spectrum stays as it was.
  void forwardColumns(Spectrum in, ColumnFunction consume, void* context);

 private:
  struct Scratch {
    float* rows;  ///< 16 rows of reals
    float* bundle;
  };
  struct RowSweep;
  struct ColumnSweep;

  Status build(const FftKernels& kernels, Team& team, Arena& arena);
  void runRows(RowSweep sweep);
  void toRows(const RowSweep& sweep, int row, const Scratch& scratch) const;
  void fromRows(const RowSweep& sweep, int row, const Scratch& scratch) const;
  void runColumns(ColumnSweep sweep);

  int rows_ = 0, columns_ = 0;
  bool repeats_ = false;
  int sweeps_ = 0;
  std::atomic<int> differences_{0};
  Team* team_ = nullptr;
  std::ptrdiff_t rowStride_ = 0;
  RealRows rowPlan_;
  LinePlan columnPlan_;
  Scratch scratch_[3];
};

}  // namespace perifocal
