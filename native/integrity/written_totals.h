// Sums of every row that is alive, made from registers when the row was written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "network/channel_mix.h"
#include "network/graph.h"

namespace perifocal {

class WrittenTotals {
 public:
  /// Entries that `attach` needs. @param ringRows of each tensor, how many of its rows are alive at most
  static std::size_t entries(const Graph& graph, std::span<const int> ringRows);

  void attach(const Graph& graph, std::span<const int> ringRows, std::int32_t* memory);

  /// Entries of one row of a tensor: of codes one per stored channel; else all channels mixed.
  static int width(const Tensor& tensor) { return tensor.kind == TensorKind::kCodes ? tensor.channels : kMixes; }

  /// Of a row of codes, counted from 0 to 255; modulo 2^32.
  std::int32_t* of(int tensor, int row) const {
    const Ring& ring = rings_[tensor];
    return ring.memory + static_cast<std::ptrdiff_t>(row % ring.rows) * ring.width;
  }

  /// Of a row of trunks or partial sums, which are only compared.
  Mixed mixedOf(int tensor, int row) const;
  void setMixed(int tensor, int row, const Mixed& sums) const;

 private:
  struct Ring {
    std::int32_t* memory;
    int rows, width;
  };
  std::vector<Ring> rings_;
};

}  // namespace perifocal
