// Which stage emits which rows next: depth-first, so that nothing piles up and a row dies as early as it can.
#pragma once

#include <optional>
#include <vector>

#include "network/graph.h"
#include "runtime/word_digest.h"

namespace perifocal {

/// Rows [rowBegin, rowEnd) of a stage's outputs, at most kMaxBlockRows.
struct Firing {
  int stage;
  int rowBegin, rowEnd;
};

/// Depends on the graph and the image height alone, never on how input rows are grouped or on threads.
class Schedule {
 public:
  Schedule(const Graph& graph, int height);

  void reset();

  /// The next `rows` rows of the image exist.
  void addInput(int rows);

  /// The deepest stage that can emit, or nothing until more input comes.
  std::optional<Firing> next();

  /// The rows of `firing` exist now.
  void complete(const Firing& firing);

  /// Rows of a tensor below this index are no longer needed by anyone.
  int firstLive(int tensor) const;
  int available(int tensor) const { return available_[tensor]; }
  int emitted() const { return emitted_.back(); }
  bool finished() const { return emitted() == height_; }
  /// A number that stands for all firings that were completed, and for their order.
  std::uint64_t order() const { return order_.value(); }

 private:
  struct Reader {
    int stage;
    RowMap map;
  };

  int readyRows(int stage) const;
  int stageHeight(int stage) const { return height_ >> graph_.stages[stage].scale; }
  void wakeReaders(int tensor);

  const Graph& graph_;
  int height_;
  std::vector<std::vector<Reader>> readers_;  ///< per tensor
  std::vector<int> available_;                ///< rows that exist, per tensor
  std::vector<int> emitted_;                  ///< rows emitted, per stage
  std::vector<bool> awake_;                   ///< stages that may have become ready
  int deepestAwake_ = -1;
  WordDigest order_;
};

}  // namespace perifocal
