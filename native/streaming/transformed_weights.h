// Winograd's weights in its own domain: those of all layers, where they are kept, else those of the layer that each
// thread has under way.
#pragma once

#include <cstdint>
#include <vector>

#include "network/model.h"
#include "runtime/arena.h"
#include "streaming/memory_plan.h"

namespace perifocal {

/// A layer belongs to one firing at a time.
class TransformedWeights {
 public:
  TransformedWeights(const Model& model, const PassShape& pass);

  /// Takes its room from `arena`; false when that is too small.
  bool attach(const MemoryPlan& plan, Arena& arena);

  /// Where a thread finds those of a layer, or puts them.
  std::int16_t* of(int layer, int thread) const;

  /// Whether they are there already.
  bool isKept(int layer) const { return isKept_[layer] != 0; }
  /// A thread has just made them. @param sums whether they are to be compared later
  void note(int layer, int thread, bool sums);
  void forget(int layer) { isKept_[layer] = 0; }

  /// Whether those of a layer that a thread has used are what they were when they were noted with sums.
  bool holds(int layer, int thread) const { return sumOf(layer, thread) == sums_[layer]; }
  /// Whether all that are kept are.
  bool holdKept() const;

 private:
  std::uint64_t sumOf(int layer, int thread) const;

  const Graph& graph_;
  const KernelLayout& layout_;
  const bool keeps_;
  const int threads_;
  std::vector<std::vector<std::int16_t*>> places_;  ///< per thread, per layer
  std::vector<std::uint8_t> isKept_;                ///< per layer
  std::vector<std::uint64_t> sums_;                 ///< per layer: of their words
};

}  // namespace perifocal
