#include "deconvolution/memory_sum.h"

#include <algorithm>
#include <atomic>

#include "runtime/parallel.h"
#include "runtime/word_sum.h"

namespace perifocal {
namespace {

/// Small enough that a call that is cancelled ends soon.
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

}  // namespace

std::uint64_t sumOf(const Arena& arena, Team& team) {
  const std::size_t bytes = arena.mappedBytes();
  const int pieces = static_cast<int>((bytes + kPieceBytes - 1) / kPieceBytes);
  std::atomic<std::uint64_t> total{0};
  forEach(team, pieces, [&](int piece, int) {
    const std::size_t begin = piece * kPieceBytes, end = std::min(bytes, begin + kPieceBytes);
    total += wordSum(arena.data() + begin, end - begin);
  });
  return total;
}

}  // namespace perifocal
