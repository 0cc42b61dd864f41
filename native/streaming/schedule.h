// In which order a single thread does the work: depth-first, so that nothing piles up and a row dies as early as it
// can.
#pragma once

#include <optional>
#include <vector>

#include "network/graph.h"
#include "runtime/word_digest.h"
#include "streaming/firing.h"
#include "streaming/progress.h"

namespace perifocal {

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

  const Progress& progress() const { return progress_; }
  /// A number that stands for all firings that were completed, and for their order.
  std::uint64_t order() const { return order_.value(); }

 private:
  int readyRows(int stage) const;
  void wakeReaders(int tensor);

  const Graph& graph_;
  int height_;
  Progress progress_;
  std::vector<std::vector<int>> readers_;  ///< per tensor: stages
  std::vector<bool> awake_;                ///< stages that may have become ready
  int deepestAwake_ = -1;
  WordDigest order_;
};

}  // namespace perifocal
