// Callables as the plain functions that transforms take.
#pragma once

#include "fft/real_fft.h"

namespace perifocal {

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
