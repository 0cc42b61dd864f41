// X of docs/integrity.md: what each tap of a job sees in total, from the sums that were made when rows were written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "integrity/written_totals.h"
#include "network/channel_mix.h"
#include "network/model.h"

namespace perifocal {

/// The jobs of one firing, and what their rows are.
struct WatchedFiring {
  const Stage& stage;
  int rowBegin, rowCount;
  int columns;  ///< input columns that the jobs walk over: all of a row
  std::span<const ConvJob> jobs;
};

/// A row of a tensor, and how much of it is compared.
struct StoredRow {
  int tensor, row;
  int channels;
  std::ptrdiff_t pixels;
};

class ColumnTotals {
 public:
  ColumnTotals(const Model& model, const WrittenTotals& rows, int passHeight)
      : model_(model), kernels_(model.kernels()), rows_(rows), passHeight_(passHeight) {}

  /// Entries that `attach` needs.
  static std::size_t entries(const Graph& graph) {
    return static_cast<std::size_t>(kMaxTaps) * 4 * graph.shape.baseWidth;
  }
  void attach(std::int32_t* memory) { columns_ = memory; }

  /// Finds what the taps of jobs `first`, `first + step`, ..., which share their weights, see over all rows and
  /// columns; codes count from 0 to 255. False when a row that must be summed anew is not what was written.
  bool gather(const WatchedFiring& firing, int first, int step);

  /// What the weights of the file make of that, mixed over the output channels.
  Mixed products(const CheckedPart& check) const;

  /// Whether a row of partial sums is what was written; adds `times` its sums to `total`.
  bool addPartials(const StoredRow& row, const std::int32_t* values, int times, Mixed& total) const;

  /// Sums of codes by channel, counted from 0 to 255.
  void count(const std::uint8_t* codes, int channels, std::ptrdiff_t pixels, std::int32_t* total) const;

  /// Whether a row of codes is what was written.
  bool holds(const StoredRow& row, const std::uint8_t* codes) const;

 private:
  static constexpr int kMostLines = 4 * kMaxBlockRows;

  /// The rows of a source of a job, as they were written.
  struct Lines {
    const ConvSource& source;
    int columns;
    std::int32_t pad;
    std::array<const std::int32_t*, kMostLines> totals;  ///< null beyond the border
  };

  bool addJob(const WatchedFiring& firing, int index);
  Lines linesOf(const WatchedFiring& firing, int job, int source) const;
  bool addLine(const Lines& lines, int line, int dx, std::int32_t* x) const;
  bool addHalf(const Lines& lines, int line, int dx, std::int32_t* x) const;
  void addShift(const Lines& lines, int line, int dx, std::int32_t* x) const;
  std::uint8_t flip() const { return kernels_.layout.storedOffset == 0 ? 0x80 : 0; }
  std::int32_t zeroOf(int tensor) const { return model_.zeroOf(model_.graph().tensors[tensor]) + 128; }
  void addCounted(const PixelRun<std::uint8_t>& run, std::int32_t* total) const;

  const Model& model_;
  const Kernels& kernels_;
  const WrittenTotals& rows_;
  const int passHeight_;
  std::int32_t* columns_ = nullptr;  ///< one tap after the other, one entry per stored channel
};

}  // namespace perifocal
