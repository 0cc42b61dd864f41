// Threads, memory and dispatch.
#include <atomic>
#include <cmath>
#include <numeric>

#include "checks/check.h"
#include "kernels/registry.h"
#include "runtime/arena.h"
#include "runtime/thread_pool.h"
#include "streaming/split.h"

namespace perifocal::checks {
namespace {

void checkPool(Context& context) {
  for (int threads = 1; threads <= 3; ++threads) {
    ThreadPool pool(threads);
    std::vector<std::int64_t> counts(3, 0);
    for (int i = 0; i < 20000; ++i) {
      pool.run([](void* c, int thread) { ++(*static_cast<std::vector<std::int64_t>*>(c))[thread]; }, &counts);
    }
    for (int t = 0; t < threads; ++t) context.expect(counts[t] == 20000, "a thread missed a task");
    context.expect(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}) == 20000 * threads,
                   "a task ran on a thread that does not exist");
  }
}

void checkColumns(Context& context) {
  for (int threads = 1; threads <= 3; ++threads) {
    for (int tile : {1, 4, 6, 8, 12}) {
      for (int columns = 1; columns < 200; ++columns) {
        int next = 0;
        for (int t = 0; t < threads; ++t) {
          const ColumnRange range = columnsOf(t, threads, columns, tile);
          if (range.begin == range.end) continue;
          context.expect(range.begin == next, "columns overlap or are left out");
          context.expect(range.end - range.begin >= std::min(tile, columns) || range.end == columns,
                         "a thread has less than a tile");
          next = range.end;
        }
        context.expect(next == columns, "columns are left out at the right");
      }
    }
  }
}

void checkImbalance(Context& context) {
  const Graph graph = buildGraph({20, 32});
  const auto imbalance = [&](int width, int threads) {
    return splitImbalance(graph, {width, 64, false, threads, 16}, 8);
  };
  context.expect(imbalance(1536, 1) == 1 && imbalance(1536, 2) == 1 && imbalance(1536, 3) == 1,
                 "an even split is uneven");
  // Of 2048, 1024 and 512 columns a thread gets at most 684, 344 and 172: the scales share the work about equally.
  context.expect(imbalance(2048, 3) > 1.002 && imbalance(2048, 3) < 1.008, "the share of 2048 columns is another");
  // One tile's columns are one thread's work.
  context.expect(std::abs(imbalance(8, 3) - 3) < 1e-9, "a narrow frame is divided");
}

void checkArena(Context& context) {
  Arena arena;
  context.expect(arena.map(4096) && arena.mappedBytes() == 4096, "cannot map");
  std::byte* first = arena.take(1);
  std::byte* second = arena.take(64);
  context.expect(second - first == 64, "blocks are not aligned to 64 bytes");
  context.expect(arena.take(4096) == nullptr, "more was handed out than is mapped");
  arena.release();
  context.expect(arena.mappedBytes() == 0, "not released");
}

void checkRegistry(Context& context) {
  context.expect(registeredIsas().back().kernels->name == std::string("scalar"), "scalar is not last");
  context.expect(registeredIsas().back().supported, "scalar is not supported");
  context.expect(findIsa("mmx") == nullptr, "an unknown name was found");
  for (const RegisteredIsa& isa : registeredIsas()) {
    context.expect(findIsa(isa.kernels->name) == &isa, "a name does not find its entry");
  }
}

}  // namespace

std::vector<Check> runtimeChecks() {
  return {{"the pool runs every thread once per task", checkPool},
          {"threads share the columns without overlap", checkColumns},
          {"the plan knows how unevenly threads share the columns", checkImbalance},
          {"the arena hands out what it mapped", checkArena},
          {"instruction sets are found by name", checkRegistry}};
}

}  // namespace perifocal::checks
