#include "streaming/schedule.h"

#include <algorithm>

#include "kernels/limits.h"

namespace perifocal {

Schedule::Schedule(const Graph& graph, int height)
    : graph_(graph), height_(height), progress_(graph, height), readers_(graph.tensors.size()) {
  for (int s = 0; s < static_cast<int>(graph.stages.size()); ++s) {
    for (const StageInput& input : graph.stages[s].inputs) readers_[input.tensor].push_back(s);
  }
  reset();
}

void Schedule::reset() {
  progress_.reset();
  awake_.assign(graph_.stages.size(), false);
  deepestAwake_ = -1;
  order_ = WordDigest();
}

void Schedule::addInput(int rows) {
  progress_.addInput(rows);
  wakeReaders(0);
}

std::optional<Firing> Schedule::next() {
  for (; deepestAwake_ >= 0; --deepestAwake_) {
    if (!awake_[deepestAwake_]) continue;
    const int rows = readyRows(deepestAwake_), begin = progress_.emitted(deepestAwake_);
    if (rows > 0) return Firing{deepestAwake_, begin, begin + rows};
    awake_[deepestAwake_] = false;
  }
  return std::nullopt;
}

void Schedule::complete(const Firing& firing) {
  progress_.complete(firing);
  order_.addValues(firing.stage, firing.rowBegin, firing.rowEnd);
  const Stage& stage = graph_.stages[firing.stage];
  for (int tensor : {stage.codes, stage.trunk, stage.partial}) {
    if (tensor >= 0) wakeReaders(tensor);
  }
}

/// Rows that the stage can emit now, or 0 while it waits for a whole block.
int Schedule::readyRows(int stage) const {
  const Stage& spec = graph_.stages[stage];
  const int begin = progress_.emitted(stage), height = height_ >> spec.scale;
  int end = std::min(height, begin + kMaxBlockRows);
  while (end > begin && !progress_.hasInputs({stage, begin, end})) --end;
  const int rows = end - begin;
  return rows >= spec.minRows || end == height ? rows : 0;
}

void Schedule::wakeReaders(int tensor) {
  for (int stage : readers_[tensor]) {
    awake_[stage] = true;
    deepestAwake_ = std::max(deepestAwake_, stage);
  }
}

}  // namespace perifocal
