// What the threads of a pass note for each other, to check by.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "integrity/written_totals.h"
#include "runtime/code_digest.h"

namespace perifocal {

/// What the planner has found by running the schedule without data.
struct DryRun {
  std::vector<int> ringRows;          ///< of each tensor, the most rows alive at once
  std::vector<std::uint64_t> orders;  ///< `MemoryPlan::orders`
};

class PassRecord {
 public:
  /// Bytes that `attach` needs.
  static std::size_t bytes(const Graph& graph, const DryRun& dryRun);
  void attach(const Graph& graph, const DryRun& dryRun, std::byte* memory);

  /// Sums of rows that are alive: a row is noted by who writes it, before anyone may read it.
  const WrittenTotals& rows() const { return rows_; }

  /// Whether the first firings of a pass, up to where `blocks` blocks of input rows leave nothing to do, were those of
  /// the dry run.
  bool isInOrder(int blocks, std::uint64_t order) const {
    return blocks > 0 && blocks <= static_cast<int>(orders_.size()) && orders_[blocks - 1] == order;
  }

  /// Rows of a pass after which code and transformed weights are read once more: a stream may run for hours.
  static constexpr int kRereadRows = 512;

  /// Before a pass, and after every `kRereadRows` rows of it.
  void rereadCode() { unreadPieces_.store(CodeDigest::ofModule().pieces(), std::memory_order_relaxed); }

  /// Whether the next pieces of this module's code are what was loaded; each is read once in `kRereadRows` rows. From
  /// any thread.
  bool holdsCode();

 private:
  /// Pieces of code that one firing reads: small networks fire less often in so many rows than there are pieces.
  static constexpr int kPiecesAtOnce = 4;

  WrittenTotals rows_;
  std::span<std::uint64_t> orders_;
  std::atomic<int> unreadPieces_{0};
};

}  // namespace perifocal
