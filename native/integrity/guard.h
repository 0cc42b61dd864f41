// Checks the firings of a thread while its inputs are still held (docs/integrity.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "integrity/column_totals.h"
#include "integrity/findings.h"
#include "integrity/firing_sums.h"
#include "integrity/pass_record.h"
#include "network/model.h"

namespace perifocal {

class Guard {
 public:
  /// `model` is a checked one; it and `record` outlive the guard.
  Guard(const Model& model, Integrity integrity, int passHeight, PassRecord& record);

  /// Bytes that `attach` needs.
  static std::size_t bytes(const Graph& graph, const KernelLayout& layout);
  void attach(std::byte* memory);

  /// Before a firing, and before it is computed again.
  void begin(const Stage& stage, int rows);

  /// Where job `job` of a firing adds to.
  ConvSums sumsOf(const Stage& stage, int job) const;

  /// Nothing takes the place of codes that were written.
  void replace(int row, const std::uint8_t* codes, int channels, std::ptrdiff_t pixels, std::int32_t zero) const;

  /// Notes the sums of a row of codes that no kernel wrote.
  void note(int tensor, int row, const std::uint8_t* codes, std::ptrdiff_t pixels);

  /// Whether all holds of a firing by kernels that has run; then the sums of its rows are noted.
  std::optional<Fault> check(const WatchedFiring& firing);

  /// Whether the rows that a firing without sums has read are those that were written.
  bool holds(const StoredRow& row, const std::uint8_t* codes) const { return columns_.holds(row, codes); }

  /// Whether the code that this firing is to look at is what was loaded.
  bool holdsCode() { return record_.holdsCode(); }

  void count(Fault fault) { counters_.count(fault); }
  void countRecomputed() { ++counters_.recomputed; }
  void countFiring() { ++counters_.firings; }
  const IntegrityCounters& counters() const { return counters_; }

 private:
  static int registerChannels(int channels, const KernelLayout& layout);
  static int pixelsOf(const WatchedFiring& firing, int pack);
  std::optional<Fault> checkPack(const WatchedFiring& firing, int pack);
  bool addAddends(const WatchedFiring& firing, Mixed& total) const;
  bool holdsTrunk(const WatchedFiring& firing) const;
  bool isInRange(const LayerSpec& layer) const;
  bool isRepeated(const LayerSpec& layer) const;
  void noteRows(const WatchedFiring& firing);

  const Model& model_;
  const Integrity integrity_;
  PassRecord& record_;
  ColumnTotals columns_;
  FiringSums sums_;
  IntegrityCounters counters_;
};

}  // namespace perifocal
