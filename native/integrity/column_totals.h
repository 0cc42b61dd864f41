// X of docs/integrity.md: what each tap of a job sees in total, from the sums that were made when rows were written.
#pragma once

#include <cstdint>
#include <span>

#include "integrity/written_totals.h"
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
      : model_(model), rows_(rows), passHeight_(passHeight) {}

  /// Adds what tap `tap` of job `j` sees, over the rows of the job and all columns, to `x`, one entry per stored
  /// channel; codes count from 0 to 255. False when a row that must be summed anew is not what was written.
  bool add(const WatchedFiring& firing, int j, int tap, std::int32_t* x) const;

  /// Whether a row of partial sums is what was written; adds `times` its sums to `total`.
  bool addPartials(const StoredRow& row, const std::int32_t* values, int times, std::int32_t* total) const;

  /// Sums of codes by channel, counted from 0 to 255.
  void count(const std::uint8_t* codes, int channels, std::ptrdiff_t pixels, std::int32_t* total) const;

  /// Whether a row of codes is what was written.
  bool holds(const StoredRow& row, const std::uint8_t* codes) const;

 private:
  struct Row {
    int tensor, row;
    const std::uint8_t* pixels;
    const ConvSource& source;
    int columns;
  };

  std::int32_t counted(std::uint8_t stored) const { return stored ^ (offset() == 0 ? 0x80 : 0); }
  int offset() const { return model_.kernels().layout.storedOffset; }
  std::int32_t zeroOf(int tensor) const { return model_.zeroOf(model_.graph().tensors[tensor]) + 128; }
  void addPixel(const Row& row, std::ptrdiff_t column, std::int32_t sign, std::int32_t* x) const;
  void addShifted(const Row& row, int dx, std::int32_t* x) const;
  bool addStrided(const Row& row, int dx, std::int32_t* x) const;

  const Model& model_;
  const WrittenTotals& rows_;
  const int passHeight_;
};

}  // namespace perifocal
