// Where the threads of a call wait for each other's results: they look out for a moment, then they sleep.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "runtime/relax.h"

namespace perifocal {

class Gathering {
 public:
  using Lock = std::unique_lock<std::mutex>;

  Lock lock() { return Lock(mutex_); }

  /// What others wait for may have come; the caller holds the lock.
  void change() { changes_.fetch_add(1, std::memory_order_release); }

  /// Wakes one that sleeps, or all.
  void wakeOne() { woken_.notify_one(); }
  void wakeAll() { woken_.notify_all(); }
  bool hasSleepers() const { return sleepers_ > 0; }

  /// Gives the lock up until something has changed.
  void wait(Lock& lock) {
    const std::uint32_t seen = changes_.load(std::memory_order_relaxed);
    lock.unlock();
    for (int i = 0; i < kSpins && changes_.load(std::memory_order_relaxed) == seen; ++i) relax();
    lock.lock();
    if (changes_.load(std::memory_order_relaxed) != seen) return;
    ++sleepers_;
    woken_.wait(lock);
    --sleepers_;
  }

 private:
  /// Some microseconds: what another thread is about to finish is worth no more of a core that others may need.
  static constexpr int kSpins = 100;

  std::mutex mutex_;
  std::condition_variable woken_;
  std::atomic<std::uint32_t> changes_{0};
  int sleepers_ = 0;
};

}  // namespace perifocal
