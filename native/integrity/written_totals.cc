#include "integrity/written_totals.h"

#include <algorithm>
#include <cstring>

namespace perifocal {

std::size_t WrittenTotals::entries(const Graph& graph, std::span<const int> ringRows) {
  std::size_t count = 0;
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    count += static_cast<std::size_t>(std::max(1, ringRows[t])) * width(graph.tensors[t]);
  }
  return count;
}

void WrittenTotals::attach(const Graph& graph, std::span<const int> ringRows, std::int32_t* memory) {
  rings_.clear();
  for (std::size_t t = 0; t < graph.tensors.size(); ++t) {
    const int rows = std::max(1, ringRows[t]), each = width(graph.tensors[t]);
    rings_.push_back({memory, rows, each});
    memory += static_cast<std::ptrdiff_t>(rows) * each;
  }
}

Mixed WrittenTotals::mixedOf(int tensor, int row) const {
  Mixed sums;
  std::memcpy(sums.data(), of(tensor, row), sizeof sums);
  return sums;
}

void WrittenTotals::setMixed(int tensor, int row, const Mixed& sums) const {
  std::memcpy(of(tensor, row), sums.data(), sizeof sums);
}

}  // namespace perifocal
