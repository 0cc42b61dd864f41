// Which rows of a pass exist, and which of them somebody still needs.
#pragma once

#include <vector>

#include "network/graph.h"
#include "streaming/firing.h"

namespace perifocal {

class Progress {
 public:
  Progress(const Graph& graph, int height);

  void reset();

  /// The next `rows` rows of the image exist.
  void addInput(int rows) { available_[0] += rows; }

  /// The rows of `firing` exist now; those of its stage are completed in their order.
  void complete(const Firing& firing);

  /// Whether all rows exist that `firing` reads.
  bool hasInputs(const Firing& firing) const;

  /// Rows of a tensor below this index are no longer needed by anyone.
  int firstLive(int tensor) const;

  int available(int tensor) const { return available_[tensor]; }
  int emitted(int stage) const { return emitted_[stage]; }
  /// Rows of the residual.
  int emitted() const { return emitted_.back(); }
  bool finished() const { return emitted() == height_; }

 private:
  struct Reader {
    int stage;
    RowMap map;
  };

  int stageHeight(int stage) const { return height_ >> graph_.stages[stage].scale; }

  const Graph& graph_;
  int height_;
  std::vector<std::vector<Reader>> readers_;  ///< per tensor
  std::vector<int> available_;                ///< rows that exist, per tensor
  std::vector<int> emitted_;                  ///< rows emitted, per stage
};

}  // namespace perifocal
