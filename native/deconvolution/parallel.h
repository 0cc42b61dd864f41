// Rows shared out to threads, and callables as the plain functions that the transforms take.
#pragma once

#include <algorithm>
#include <atomic>

#include "fft/real_fft.h"
#include "runtime/thread_pool.h"

namespace perifocal {

/// Runs `body(row, thread)` for every row, `atOnce` of them in a thread's turn; what a body computes must depend on its
/// row alone.
template <class Body>
void forEachRow(ThreadPool& pool, int rows, Body&& body, int atOnce = 16) {
  struct Work {
    Body& body;
    int rows, atOnce;
    std::atomic<int> next{0};
  } work{body, rows, atOnce};
  const auto task = [](void* context, int thread) {
    auto& w = *static_cast<Work*>(context);
    for (int first; (first = w.next.fetch_add(w.atOnce, std::memory_order_relaxed)) < w.rows;) {
      for (int row = first; row < std::min(first + w.atOnce, w.rows); ++row) w.body(row, thread);
    }
  };
  pool.run(task, &work);
}

/// A callable (row, count, rows, stride, thread) for a sweep of rows. It must outlive the sweep.
struct RowVisit {
  RealFft2d::RowFunction function;
  void* context;

  template <class F>
  explicit RowVisit(F& f)
      : function([](void* context, int row, int count, float* rows, std::ptrdiff_t stride, int thread) {
          (*static_cast<F*>(context))(row, count, rows, stride, thread);
        }),
        context(const_cast<void*>(static_cast<const void*>(&f))) {}
};

/// A callable (block, thread) for a sweep of columns.
struct ColumnVisit {
  RealFft2d::ColumnFunction function;
  void* context;

  template <class F>
  explicit ColumnVisit(F& f)
      : function(
            [](void* context, const ColumnBlock& block, int thread) { (*static_cast<F*>(context))(block, thread); }),
        context(const_cast<void*>(static_cast<const void*>(&f))) {}
};

}  // namespace perifocal
