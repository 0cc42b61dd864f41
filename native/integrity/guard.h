// Checks every firing of a pass while its inputs are still held (docs/integrity.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "integrity/column_totals.h"
#include "integrity/findings.h"
#include "integrity/firing_sums.h"
#include "integrity/written_totals.h"
#include "network/model.h"
#include "runtime/code_digest.h"

namespace perifocal {

/// What the planner has found by running the schedule without data.
struct DryRun {
  std::vector<int> ringRows;          ///< of each tensor, the most rows alive at once
  std::vector<std::uint64_t> orders;  ///< `MemoryPlan::orders`
};

class Guard {
 public:
  /// `model` is a checked one and outlives the guard.
  Guard(const Model& model, Integrity integrity, int passHeight, int threads);

  /// Bytes that `attach` needs.
  static std::size_t bytes(const Graph& graph, const KernelLayout& layout, const DryRun& dryRun, int threads);
  void attach(const DryRun& dryRun, std::byte* memory);

  /// Rows of a pass after which code and transformed weights are read once more: a stream may run for hours.
  static constexpr int kRereadRows = 512;
  /// Pieces of code that one firing reads: small networks fire less often in so many rows than there are pieces.
  static constexpr int kPiecesAtOnce = 4;

  /// Before a pass, and after every `kRereadRows` rows of it.
  void rereadCode() { unreadPieces_ = CodeDigest::ofModule().pieces(); }

  /// Before a firing, and before it is computed again.
  void begin(const Stage& stage, int rows);

  /// Where a thread adds to while it computes job `job` of a firing.
  ConvSums sumsOf(int thread, const Stage& stage, int job) const;

  /// Nothing takes the place of codes that a thread has written.
  void replace(int thread, int row, const std::uint8_t* codes, int channels, std::ptrdiff_t pixels,
               std::int32_t zero) const;

  /// Notes the sums of a row of codes that no kernel wrote.
  void note(int tensor, int row, const std::uint8_t* codes, std::ptrdiff_t pixels);

  /// Whether all holds of a firing by kernels that has run; then the sums of its rows are noted.
  std::optional<Fault> check(const WatchedFiring& firing);

  /// Whether the rows that a firing without sums has read are those that were written.
  bool holds(const StoredRow& row, const std::uint8_t* codes) const { return columns_.holds(row, codes); }

  /// Whether the first firings of a pass, up to where `blocks` blocks of input rows leave nothing to do, were those of
  /// the dry run.
  bool isInOrder(int blocks, std::uint64_t order) const {
    return blocks > 0 && blocks <= blocks_ && orders_[blocks - 1] == order;
  }

  /// Whether the next pieces of this module's code are what was loaded; each is read once in `kRereadRows` rows.
  bool holdsCode();

  void count(Fault fault) { ++counters_.found[static_cast<int>(fault)]; }
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
  const int threads_;
  WrittenTotals rows_;
  ColumnTotals columns_;
  FiringSums sums_;
  std::uint64_t* orders_ = nullptr;
  int blocks_ = 0;
  int nextPiece_ = 0;
  int unreadPieces_ = 0;
  IntegrityCounters counters_;
};

}  // namespace perifocal
