// One call's permission to compute with threads of a pool. It can be taken back at any time.
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "runtime/workers.h"

namespace perifocal {

class Ticket {
 public:
  /// For `threads` of the pool's, at least 1.
  Ticket(std::shared_ptr<Workers> workers, int threads) : workers_(std::move(workers)), threads_(threads) {}

  int threads() const { return threads_; }
  Workers& workers() { return *workers_; }

  /// From any thread: the call ends soon, with kAborted. Stays in force.
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 private:
  std::shared_ptr<Workers> workers_;
  const int threads_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace perifocal
