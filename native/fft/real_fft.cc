#include "fft/real_fft.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "runtime/parallel.h"

namespace perifocal {
namespace {

/// An odd number of groups of 128 bytes, so that the rows of a column spread over the sets of a cache.
std::ptrdiff_t spectrumStride(int columns) { return (groupsOf(columns / 2 + 1) | 1) * std::ptrdiff_t{kFftElement}; }
std::ptrdiff_t rowStride(int columns) { return (groupsOf(columns) + 1) * std::ptrdiff_t{kFftLines}; }

std::size_t bundleBytes(int rows, int columns) {
  const int elements = std::max(RealRows::workElements(columns), LinePlan::workElements(rows));
  return sizeof(float) * kFftElement * static_cast<std::size_t>(elements);
}

std::size_t rowBytes(int columns) { return sizeof(float) * kFftLines * static_cast<std::size_t>(rowStride(columns)); }

/// One block of rows in so many is transformed twice, where some are.
constexpr int kRepeatedBlocks = 8;

/// Of the bits of some rows, modulo 2^64.
std::uint64_t sumOfRows(const float* first, std::ptrdiff_t stride, int count, int floats) {
  std::uint64_t sum = 0;
  for (int y = 0; y < count; ++y) {
    for (int x = 0; x < floats; ++x) sum += std::bit_cast<std::uint32_t>(first[y * stride + x]);
  }
  return sum;
}

float* elementOf(float* bundle, int element) { return bundle + static_cast<std::ptrdiff_t>(element) * kFftElement; }

}  // namespace

std::size_t RealFft2d::arenaBytes(int rows, int columns, int threads) {
  return RealRows::arenaBytes(columns) + LinePlan::arenaBytes(rows) +
         static_cast<std::size_t>(threads) *
             (perifocal::arenaBytes(rowBytes(columns)) + perifocal::arenaBytes(bundleBytes(rows, columns)));
}

std::size_t RealFft2d::spectrumBytes(int rows, int columns) {
  const std::size_t stored = static_cast<std::size_t>(groupsOf(rows)) * kFftLines;
  return perifocal::arenaBytes(sizeof(float) * spectrumStride(columns) * stored);
}

Status RealFft2d::create(int rows, int columns, const FftKernels& kernels, Team& team, Arena& arena,
                         std::unique_ptr<RealFft2d>& plan) {
  auto made = std::make_unique<RealFft2d>();
  made->rows_ = rows;
  made->columns_ = columns;
  const Status status = made->build(kernels, team, arena);
  if (status.ok()) plan = std::move(made);
  return status;
}

Status RealFft2d::build(const FftKernels& kernels, Team& team, Arena& arena) {
  const Status full{StatusCode::kInternal, "the arena is too small for a transform of " + std::to_string(rows_) + "x" +
                                               std::to_string(columns_)};
  team_ = &team;
  rowStride_ = rowStride(columns_);
  if (!rowPlan_.create(columns_, kernels, team, arena) || !columnPlan_.create(rows_, kernels, team, arena)) return full;
  for (int t = 0; t < team.threads(); ++t) {
    scratch_[t].rows = reinterpret_cast<float*>(arena.take(rowBytes(columns_)));
    scratch_[t].bundle = reinterpret_cast<float*>(arena.take(bundleBytes(rows_, columns_)));
    if (scratch_[t].rows == nullptr || scratch_[t].bundle == nullptr) return full;
  }
  return {};
}

Spectrum RealFft2d::takeSpectrum(Arena& arena) const {
  return {reinterpret_cast<float*>(arena.take(spectrumBytes(rows_, columns_))), spectrumStride(columns_)};
}

struct RealFft2d::RowSweep {
  const float* in;  ///< spectra of rows, or null
  float* out;       ///< likewise
  std::ptrdiff_t stride;
  RowFunction function;
  void* context;
};

void RealFft2d::toRows(const RowSweep& sweep, int row, const Scratch& scratch) const {
  const auto scale = static_cast<float>(1.0 / (static_cast<double>(rows_) * columns_));
  rowPlan_.inverse(sweep.in + row * sweep.stride, sweep.stride, scale, scratch.bundle);
  rowPlan_.scatter(scratch.bundle, scratch.rows, rowStride_);
}

void RealFft2d::fromRows(const RowSweep& sweep, int row, const Scratch& scratch) const {
  rowPlan_.gather(scratch.rows, rowStride_, scratch.bundle);
  rowPlan_.forward(scratch.bundle, sweep.out + row * sweep.stride, sweep.stride);
}

void RealFft2d::runRows(RowSweep sweep) {
  const int turn = sweeps_++;
  forEach(*team_, groupsOf(rows_), [&](int block, int thread) {
    const int row = block * kFftLines, count = std::min(kFftLines, rows_ - row);
    const Scratch& scratch = scratch_[thread];
    const bool repeat = repeats_ && (block + turn) % kRepeatedBlocks == 0;
    /// Does it once, or twice and compares what has come of it.
    const auto run = [&](auto&& transform, const float* result, std::ptrdiff_t stride, int floats) {
      transform();
      if (!repeat) return;
      const std::uint64_t first = sumOfRows(result, stride, count, floats);
      transform();
      if (sumOfRows(result, stride, count, floats) != first) ++differences_;
    };
    if (sweep.in != nullptr) {
      run([&] { toRows(sweep, row, scratch); }, scratch.rows, rowStride_, columns_);
    }
    sweep.function(sweep.context, row, count, scratch.rows, rowStride_, thread);
    if (sweep.out != nullptr) {
      const int floats = columns_ / 2 / kBinGroup * 2 * kBinGroup;
      run([&] { fromRows(sweep, row, scratch); }, sweep.out + row * sweep.stride, sweep.stride, floats);
    }
  });
}

void RealFft2d::forwardRows(RowFunction produce, void* context, Spectrum out) {
  runRows({nullptr, out.data, out.stride, produce, context});
}

void RealFft2d::inverseRows(Spectrum in, RowFunction consume, void* context) {
  runRows({in.data, nullptr, in.stride, consume, context});
}

void RealFft2d::sweepRows(Spectrum spectrum, RowFunction transform, void* context) {
  runRows({spectrum.data, spectrum.data, spectrum.stride, transform, context});
}

struct RealFft2d::ColumnSweep {
  bool there, back;
  Spectrum spectrum;
  ColumnFunction function;  ///< null: copies between the work bundle and the spectrum
  void* context;
};

namespace {

constexpr std::size_t kElementBytes = sizeof(float) * kFftElement;

/// A group of bins on its way through the column transform.
struct ColumnVisit {
  RealFft2d::ColumnFunction function;
  void* context;
  bool there;  ///< whether it comes from the spectrum, or goes to it
  const int* order;
  int bin, thread;
  float* column;      ///< of the spectrum
  float* nextColumn;  ///< that the thread is likely to want next, or null
  std::ptrdiff_t stride;

  static void visit(void* self, int first, int positions, float* data) {
    const auto& v = *static_cast<ColumnVisit*>(self);
    v.prefetch(first, positions);
    if (v.function != nullptr) return v.function(v.context, {v.order + first, positions, v.bin, first, data}, v.thread);
    for (int i = 0; i < positions; ++i) {
      float *stored = v.column + v.order[first + i] * v.stride, *working = elementOf(data, i);
      std::memcpy(v.there ? stored : working, v.there ? working : stored, kElementBytes);
    }
  }

  /// Elements of a column lie pages apart, where no hardware looks ahead.
  void prefetch(int first, int positions) const {
    if (nextColumn == nullptr) return;
    for (int i = first; i < first + positions; ++i) {
      const float* element = nextColumn + i * stride;
      __builtin_prefetch(element, 0, 2);
      __builtin_prefetch(element + kFftLines, 0, 2);
    }
  }
};

}  // namespace

void RealFft2d::runColumns(ColumnSweep sweep) {
  const std::ptrdiff_t stride = sweep.spectrum.stride;
  const int groups = groupsOf(bins());
  forEach(*team_, groups, [&](int group, int thread) {
    float *column = elementOf(sweep.spectrum.data, group), *work = scratch_[thread].bundle;
    const int next = group + team_->threads();
    ColumnVisit call{sweep.function,
                     sweep.context,
                     sweep.there,
                     columnPlan_.order(),
                     group * kBinGroup,
                     thread,
                     column,
                     next < groups ? elementOf(sweep.spectrum.data, next) : nullptr,
                     stride};
    if (sweep.there && sweep.back) {
      columnPlan_.through({column, stride}, work, {column, stride}, ColumnVisit::visit, &call);
    } else if (sweep.there) {
      columnPlan_.toOrder({column, stride}, work, ColumnVisit::visit, &call);
    } else {
      columnPlan_.fromOrder(ColumnVisit::visit, &call, work, {column, stride});
    }
  });
}

void RealFft2d::forwardColumns(Spectrum spectrum) { forwardColumns(spectrum, nullptr, nullptr); }
void RealFft2d::inverseColumns(Spectrum spectrum) { inverseColumns(nullptr, nullptr, spectrum); }

void RealFft2d::throughColumns(Spectrum spectrum, ColumnFunction multiply, void* context) {
  runColumns({true, true, spectrum, multiply, context});
}

void RealFft2d::inverseColumns(ColumnFunction produce, void* context, Spectrum out) {
  runColumns({false, true, out, produce, context});
}

void RealFft2d::forwardColumns(Spectrum in, ColumnFunction consume, void* context) {
  runColumns({true, false, in, consume, context});
}

}  // namespace perifocal
