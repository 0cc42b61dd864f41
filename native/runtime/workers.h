// The threads of one runtime: fork-join for thousands of short tasks a second. They spin briefly, then sleep.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <thread>

#include "runtime/status.h"

namespace perifocal {

class Workers {
 public:
  static constexpr int kMostThreads = 3;
  using Task = void (*)(void* context, int thread);

  /// At most `threads` compute at once, the calling one included. The others start when they are first needed.
  explicit Workers(int threads) : threads_(threads) {}
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  int threads() const { return threads_; }
  /// Threads that compute now, and the most that ever did at once.
  int busy() const { return busy_.load(std::memory_order_relaxed); }
  int mostBusy() const { return mostBusy_.load(std::memory_order_relaxed); }

  /// A call begins to compute on this thread, with `threads` in all. kState after `close`; kInternal where all calls
  /// together would have more threads than there are.
  Status enter(int threads);
  void leave(int threads);
  /// Calls that have entered still end; their threads end with the last of them. Idempotent.
  void close();

  /// Runs `task(context, t)` for t from 0 to `count` - 1 at the same time, 0 on this thread, and returns when all have
  /// finished; then throws what one of them threw. For the one call that has entered with at least `count` threads.
  void run(int count, Task task, void* context);

 private:
  struct alignas(64) Worker {
    std::atomic<std::uint32_t> round{0};
    std::thread thread;
  };

  void work(int thread);
  void perform(int thread) noexcept;
  void beginBusy();
  void endBusy() { busy_.fetch_sub(1, std::memory_order_relaxed); }
  void stop();

  const int threads_;
  std::array<Worker, kMostThreads - 1> workers_;  ///< thread t is workers_[t - 1]

  std::mutex mutex_;  ///< of what follows
  int started_ = 0;
  int granted_ = 0;  ///< threads of the calls that have entered
  bool closed_ = false;

  Task task_ = nullptr;
  void* context_ = nullptr;
  std::exception_ptr failure_;
  std::atomic<bool> hasFailed_{false};
  std::atomic<std::uint32_t> pending_{0};
  std::atomic<bool> stop_{false};
  std::atomic<int> busy_{0}, mostBusy_{0};
};

}  // namespace perifocal
