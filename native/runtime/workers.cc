#include "runtime/workers.h"

#include <string>
#include <utility>

#include "runtime/relax.h"

namespace perifocal {
namespace {

/// Long enough to bridge the gap between two turns, short enough to leave the core when threads are scarce.
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

void raise(std::atomic<std::uint32_t>& value) {
  value.fetch_add(1, std::memory_order_release);
  value.notify_one();
}

}  // namespace

Status Workers::enter(int threads) {
  const std::lock_guard lock(mutex_);
  if (closed_) return {StatusCode::kState, "the pool of threads was disposed"};
  if (granted_ + threads > threads_) {
    return {StatusCode::kInternal, "calls with " + std::to_string(granted_ + threads) +
                                       " threads are under way in a pool of " + std::to_string(threads_)};
  }
  for (; started_ < threads - 1; ++started_) {
    workers_[started_].thread = std::thread([this, thread = started_ + 1] { work(thread); });
  }
  granted_ += threads;
  beginBusy();
  return {};
}

void Workers::leave(int threads) {
  endBusy();
  const std::lock_guard lock(mutex_);
  granted_ -= threads;
  if (closed_ && granted_ == 0) stop();
}

void Workers::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  if (granted_ == 0) stop();
}

void Workers::stop() {
  stop_.store(true, std::memory_order_relaxed);
  for (Worker& worker : workers_) {
    if (!worker.thread.joinable()) continue;
    raise(worker.round);
    worker.thread.join();
  }
}

void Workers::run(int count, Task task, void* context) {
  if (count == 1) return task(context, 0);
  task_ = task;
  context_ = context;
  pending_.store(static_cast<std::uint32_t>(count - 1), std::memory_order_relaxed);
  for (int t = 1; t < count; ++t) raise(workers_[t - 1].round);
  perform(0);
  std::uint32_t left = pending_.load(std::memory_order_acquire);
  while (left != 0) left = waitForChange(pending_, left);
  if (!hasFailed_.load(std::memory_order_relaxed)) return;
  hasFailed_.store(false, std::memory_order_relaxed);
  std::rethrow_exception(std::exchange(failure_, nullptr));
}

/// Keeps the first exception of all threads.
void Workers::perform(int thread) noexcept {
  try {
    task_(context_, thread);
  } catch (...) {
    if (!hasFailed_.exchange(true, std::memory_order_relaxed)) failure_ = std::current_exception();
  }
}

void Workers::work(int thread) {
  std::atomic<std::uint32_t>& round = workers_[thread - 1].round;
  for (std::uint32_t seen = 0;;) {
    seen = waitForChange(round, seen);
    if (stop_.load(std::memory_order_relaxed)) return;
    beginBusy();
    perform(thread);
    endBusy();
    if (pending_.fetch_sub(1, std::memory_order_acq_rel) == 1) pending_.notify_one();
  }
}

void Workers::beginBusy() {
  const int now = busy_.fetch_add(1, std::memory_order_relaxed) + 1;
  int most = mostBusy_.load(std::memory_order_relaxed);
  while (now > most && !mostBusy_.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
  }
}

}  // namespace perifocal
