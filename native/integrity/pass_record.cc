#include "integrity/pass_record.h"

#include <algorithm>

#include "runtime/arena.h"

namespace perifocal {

std::size_t PassRecord::bytes(const Graph& graph, const DryRun& dryRun) {
  return arenaBytes(WrittenTotals::entries(graph, dryRun.ringRows) * sizeof(std::int32_t)) +
         arenaBytes(dryRun.orders.size() * sizeof(std::uint64_t));
}

void PassRecord::attach(const Graph& graph, const DryRun& dryRun, std::byte* memory) {
  orders_ = {reinterpret_cast<std::uint64_t*>(memory), dryRun.orders.size()};
  std::copy(dryRun.orders.begin(), dryRun.orders.end(), orders_.begin());
  memory += arenaBytes(dryRun.orders.size() * sizeof(std::uint64_t));
  rows_.attach(graph, dryRun.ringRows, reinterpret_cast<std::int32_t*>(memory));
}

bool PassRecord::holdsCode() {
  if (unreadPieces_.load(std::memory_order_relaxed) <= 0) return true;
  const CodeDigest& code = CodeDigest::ofModule();
  const int left = unreadPieces_.fetch_sub(kPiecesAtOnce, std::memory_order_relaxed);
  for (int i = 0; i < kPiecesAtOnce && i < left; ++i) {
    if (!code.holds(left - 1 - i)) return false;
  }
  return true;
}

}  // namespace perifocal
