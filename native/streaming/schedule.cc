#include "streaming/schedule.h"

#include <algorithm>

#include "kernels/limits.h"

namespace perifocal {

Schedule::Schedule(const Graph& graph, int height) : graph_(graph), height_(height), readers_(graph.tensors.size()) {
  for (int s = 0; s < static_cast<int>(graph.stages.size()); ++s) {
    for (const StageInput& input : graph.stages[s].inputs) readers_[input.tensor].push_back({s, input.map});
  }
  reset();
}

void Schedule::reset() {
  available_.assign(graph_.tensors.size(), 0);
  emitted_.assign(graph_.stages.size(), 0);
  awake_.assign(graph_.stages.size(), false);
  deepestAwake_ = -1;
  order_ = {};
}

void Schedule::addInput(int rows) {
  available_[0] += rows;
  wakeReaders(0);
}

std::optional<Firing> Schedule::next() {
  for (; deepestAwake_ >= 0; --deepestAwake_) {
    if (!awake_[deepestAwake_]) continue;
    const int rows = readyRows(deepestAwake_);
    if (rows > 0) return Firing{deepestAwake_, emitted_[deepestAwake_], emitted_[deepestAwake_] + rows};
    awake_[deepestAwake_] = false;
  }
  return std::nullopt;
}

void Schedule::complete(const Firing& firing) {
  emitted_[firing.stage] = firing.rowEnd;
  order_.addValues(firing.stage, firing.rowBegin, firing.rowEnd);
  const Stage& stage = graph_.stages[firing.stage];
  for (int tensor : {stage.codes, stage.trunk, stage.partial}) {
    if (tensor < 0) continue;
    available_[tensor] = firing.rowEnd;
    wakeReaders(tensor);
  }
}

int Schedule::firstLive(int tensor) const {
  int first = available_[tensor];
  for (const Reader& reader : readers_[tensor]) {
    const int row = emitted_[reader.stage];
    if (row < stageHeight(reader.stage)) first = std::min(first, std::max(0, reader.map.first(row)));
  }
  return first;
}

/// Rows that the stage can emit now, or 0 while it waits for a whole block.
int Schedule::readyRows(int stage) const {
  const Stage& spec = graph_.stages[stage];
  const int begin = emitted_[stage], height = stageHeight(stage);
  int end = std::min(height, begin + kMaxBlockRows);
  for (const StageInput& input : spec.inputs) {
    const int lastRow = graph_.rowsOf(input.tensor, height_) - 1;
    while (end > begin && std::min(input.map.last(end - 1), lastRow) >= available_[input.tensor]) --end;
  }
  const int rows = end - begin;
  return rows >= spec.minRows || end == height ? rows : 0;
}

void Schedule::wakeReaders(int tensor) {
  for (const Reader& reader : readers_[tensor]) {
    awake_[reader.stage] = true;
    deepestAwake_ = std::max(deepestAwake_, reader.stage);
  }
}

}  // namespace perifocal
