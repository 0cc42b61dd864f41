// Sums per channel of every row that is alive, made from registers when the row was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "network/graph.h"

namespace perifocal {

class WrittenTotals {
 public:
  /// Entries that `attach` needs. @param ringRows of each tensor, how many of its rows are alive at most
  static std::size_t entries(const Graph& graph, std::span<const int> ringRows);

  void attach(const Graph& graph, std::span<const int> ringRows, std::int32_t* memory);

  /// One per stored channel: codes counted from 0 to 255, trunks and partial sums as they are; modulo 2^32.
  std::int32_t* of(int tensor, int row) const {
    const Ring& ring = rings_[tensor];
    return ring.memory + static_cast<std::ptrdiff_t>(row % ring.rows) * ring.channels;
  }

 private:
  struct Ring {
    std::int32_t* memory;
    int rows, channels;
  };
  std::vector<Ring> rings_;
};

}  // namespace perifocal
