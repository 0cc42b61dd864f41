// The rows that are alive: each tensor keeps a ring of pointers into slots that all tensors of one size share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/arena.h"
#include "streaming/memory_plan.h"

namespace perifocal {

class RowStore {
 public:
  /// Takes its slots from `arena`; false when that is too small.
  bool attach(const MemoryPlan& plan, Arena& arena);

  /// Forgets all rows.
  void reset();

  /// Whether the ring of the tensor has room for row `row`.
  bool hasRoom(int tensor, int row) const { return entry(tensor, row).slot == nullptr; }

  /// Gives row `row` a slot. False when no slot is free or the ring is full: the plan was wrong, or what is noted here
  /// has changed in memory.
  bool allocate(int tensor, int row);
  void release(int tensor, int row);

  /// Pixel 0 of a live row; null when that row is not alive.
  std::byte* pixels(int tensor, int row) const;

 private:
  struct Entry {
    int row = -1;
    std::byte* slot = nullptr;
    std::uintptr_t complement = 0;  ///< of both, so that a change of one shows
  };

  static std::uintptr_t complementOf(int row, const std::byte* slot) {
    return ~(reinterpret_cast<std::uintptr_t>(slot) + static_cast<std::uintptr_t>(row));
  }
  static bool holds(const Entry& entry, int row) {
    return entry.row == row && entry.complement == complementOf(row, entry.slot);
  }
  bool isSlot(const RowLayout& layout, const std::byte* slot) const;

  Entry& entry(int tensor, int row) { return rings_[tensor][row % rings_[tensor].size()]; }
  const Entry& entry(int tensor, int row) const { return rings_[tensor][row % rings_[tensor].size()]; }

  std::vector<RowLayout> layouts_;
  std::vector<std::vector<Entry>> rings_;           ///< per tensor
  std::vector<std::vector<std::byte*>> slots_;      ///< per class, all of them
  std::vector<std::vector<std::byte*>> freeSlots_;  ///< per class, most recently used last: still in cache
};

}  // namespace perifocal
