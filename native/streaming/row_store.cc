#include "streaming/row_store.h"

namespace perifocal {

bool RowStore::attach(const MemoryPlan& plan, Arena& arena) {
  layouts_ = plan.rows;
  slots_.clear();
  for (const SlotClass& slotClass : plan.classes) {
    auto& slots = slots_.emplace_back();
    for (int i = 0; i < slotClass.slots; ++i) {
      std::byte* slot = arena.take(slotClass.bytes);
      if (slot == nullptr) return false;
      slots.push_back(slot);
    }
  }
  rings_.clear();
  for (const RowLayout& layout : layouts_) rings_.emplace_back(layout.ringRows);
  reset();
  return true;
}

void RowStore::reset() {
  freeSlots_ = slots_;
  for (auto& ring : rings_) {
    for (Entry& entry : ring) entry = {};
  }
}

bool RowStore::allocate(int tensor, int row) {
  auto& free = freeSlots_[layouts_[tensor].slotClass];
  Entry& target = entry(tensor, row);
  if (free.empty() || target.slot != nullptr || !isSlot(layouts_[tensor], free.back())) return false;
  target = {row, free.back(), complementOf(row, free.back())};
  free.pop_back();
  return true;
}

bool RowStore::isSlot(const RowLayout& layout, const std::byte* slot) const {
  const auto& slots = slots_[layout.slotClass];
  const auto offset = static_cast<std::size_t>(slot - slots.front());
  return offset % layout.rowBytes == 0 && offset / layout.rowBytes < slots.size();
}

void RowStore::release(int tensor, int row) {
  Entry& target = entry(tensor, row);
  if (!holds(target, row)) return;
  freeSlots_[layouts_[tensor].slotClass].push_back(target.slot);
  target = {};
}

std::byte* RowStore::pixels(int tensor, int row) const {
  const Entry& found = entry(tensor, row);
  return holds(found, row) ? found.slot + layouts_[tensor].leftPad : nullptr;
}

}  // namespace perifocal
