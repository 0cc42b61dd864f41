// Shares independent blocks of work out to the threads of a pool.
#pragma once

#include <atomic>

#include "runtime/thread_pool.h"

namespace perifocal {

/// Calls `work(block, thread)` once for every block, each thread taking the next one as it becomes free.
template <class Work>
void forEachBlock(ThreadPool& pool, int blocks, Work&& work) {
  struct Shared {
    std::atomic<int> next{0};
    int blocks;
    Work& work;
  } shared{{}, blocks, work};
  pool.run(
      [](void* context, int thread) {
        auto& all = *static_cast<Shared*>(context);
        for (int block; (block = all.next.fetch_add(1, std::memory_order_relaxed)) < all.blocks;)
          all.work(block, thread);
      },
      &shared);
}

}  // namespace perifocal
