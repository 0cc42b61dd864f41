#include "runtime/thread_pool.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace perifocal {
namespace {

void relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Long enough to bridge the gap between two stages, short enough to leave the core when threads are scarce.
constexpr int kSpins = 2000;

/// Waits until `value` differs from `old`; returns what it became.
std::uint32_t waitForChange(std::atomic<std::uint32_t>& value, std::uint32_t old) {
  for (int i = 0; i < kSpins; ++i) {
    const std::uint32_t now = value.load(std::memory_order_acquire);
    if (now != old) return now;
    relax();
  }
  value.wait(old, std::memory_order_acquire);
  return value.load(std::memory_order_acquire);
}

}  // namespace

ThreadPool::ThreadPool(int threads) {
  for (int t = 1; t < threads; ++t) workers_.emplace_back([this, t] { work(t); });
}

ThreadPool::~ThreadPool() {
  stop_.store(true, std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::run(Task task, void* context) {
  if (workers_.empty()) return task(context, 0);
  task_ = task;
  context_ = context;
  pending_.store(static_cast<std::uint32_t>(workers_.size()), std::memory_order_relaxed);
  round_.fetch_add(1, std::memory_order_release);
  round_.notify_all();
  task(context, 0);
  std::uint32_t left = pending_.load(std::memory_order_acquire);
  while (left != 0) left = waitForChange(pending_, left);
}

void ThreadPool::work(int thread) {
  std::uint32_t seen = 0;
  for (;;) {
    seen = waitForChange(round_, seen);
    if (stop_.load(std::memory_order_relaxed)) return;
    task_(context_, thread);
    if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) pending_.notify_one();
  }
}

}  // namespace perifocal
