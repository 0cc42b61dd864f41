#include "integrity/written_totals.h"

#include <algorithm>

namespace perifocal {

std::size_t WrittenTotals::entries(const Graph& graph, std::span<const int> ringRows) {
  std::size_t count = 0;
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    count += static_cast<std::size_t>(std::max(1, ringRows[t])) * graph.tensors[t].channels;
  }
  return count;
}

void WrittenTotals::attach(const Graph& graph, std::span<const int> ringRows, std::int32_t* memory) {
  rings_.clear();
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const int rows = std::max(1, ringRows[t]), channels = graph.tensors[t].channels;
    rings_.push_back({memory, rows, channels});
    memory += static_cast<std::ptrdiff_t>(rows) * channels;
  }
}

}  // namespace perifocal
