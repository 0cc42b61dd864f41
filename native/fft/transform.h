// Whole transforms between plain arrays, with memory and threads of their own.
#pragma once

#include <cstddef>
#include <memory>

#include "fft/kernels.h"
#include "runtime/arena.h"
#include "runtime/status.h"
#include "runtime/thread_pool.h"

namespace perifocal {

/// An image, or lines that have nothing to do with each other.
struct TransformShape {
  bool isImage;
  int rows;     ///< or lines
  int columns;  ///< values of a line
  int threads;  ///< 1 to 3
};

class Transform {
 public:
  /// What create() maps.
  static std::size_t mappedBytes(const TransformShape& shape);
  static Status create(const TransformShape& shape, const FftKernels& kernels, std::unique_ptr<Transform>& transform);
  virtual ~Transform() = default;

  /// rows x columns values to the real and imaginary parts of rows x (columns / 2 + 1) bins; not scaled.
  virtual void forward(const float* values, float* re, float* im) = 0;
  /// The reverse, times 1 / (rows * columns) for an image, 1 / columns for lines.
  virtual void inverse(const float* re, const float* im, float* values) = 0;

 protected:
  explicit Transform(const TransformShape& shape) : shape_(shape), pool_(shape.threads) {}
  virtual Status build(const FftKernels& kernels) = 0;

  TransformShape shape_;
  Arena arena_;
  ThreadPool pool_;
};

}  // namespace perifocal
