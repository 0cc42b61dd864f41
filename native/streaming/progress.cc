#include "streaming/progress.h"

#include <algorithm>

namespace perifocal {

Progress::Progress(const Graph& graph, int height) : graph_(graph), height_(height), readers_(graph.tensors.size()) {
  for (int s = 0; s < static_cast<int>(graph.stages.size()); ++s) {
    for (const StageInput& input : graph.stages[s].inputs) readers_[input.tensor].push_back({s, input.map});
  }
  reset();
}

void Progress::reset() {
  available_.assign(graph_.tensors.size(), 0);
  emitted_.assign(graph_.stages.size(), 0);
}

void Progress::complete(const Firing& firing) {
  emitted_[firing.stage] = firing.rowEnd;
  const Stage& stage = graph_.stages[firing.stage];
  for (int tensor : {stage.codes, stage.trunk, stage.partial}) {
    if (tensor >= 0) available_[tensor] = firing.rowEnd;
  }
}

bool Progress::hasInputs(const Firing& firing) const {
  const auto& inputs = graph_.stages[firing.stage].inputs;
  return std::all_of(inputs.begin(), inputs.end(), [&](const StageInput& input) {
    const int lastRow = graph_.rowsOf(input.tensor, height_) - 1;
    return std::min(input.map.last(firing.rowEnd - 1), lastRow) < available_[input.tensor];
  });
}

int Progress::firstLive(int tensor) const {
  int first = available_[tensor];
  for (const Reader& reader : readers_[tensor]) {
    const int row = emitted_[reader.stage];
    if (row < stageHeight(reader.stage)) first = std::min(first, std::max(0, reader.map.first(row)));
  }
  return first;
}

}  // namespace perifocal
