// Fork-join over 1 to 3 threads for thousands of short tasks a second: spins briefly, then sleeps.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace perifocal {

class ThreadPool {
 public:
  using Task = void (*)(void* context, int thread);

  /// The calling thread is thread 0; `threads - 1` more are started.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  /// Runs `task(context, t)` for every thread t and returns when all have finished.
  void run(Task task, void* context);

 private:
  void work(int thread);

  Task task_ = nullptr;
  void* context_ = nullptr;
  std::atomic<std::uint32_t> round_{0};
  std::atomic<std::uint32_t> pending_{0};
  std::atomic<bool> stop_{false};
  std::vector<std::thread> workers_;
};

}  // namespace perifocal
