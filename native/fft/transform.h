// Whole transforms between plain arrays, with memory of their own.
#pragma once

#include <cstddef>
#include <memory>

#include "fft/kernels.h"
#include "runtime/arena.h"
#include "runtime/status.h"
#include "runtime/team.h"

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
  /// `ticket` is that of the call, or null.
  static Status create(const TransformShape& shape, const FftKernels& kernels, Ticket* ticket,
                       std::unique_ptr<Transform>& transform);
  virtual ~Transform() = default;

  const TransformShape& shape() const { return shape_; }
  std::size_t mappedBytes() const { return arena_.mappedBytes(); }
  Team& team() { return team_; }

  /// Both end early once the team is cancelled, with wrong values.
  /// rows x columns values to the real and imaginary parts of rows x (columns / 2 + 1) bins; not scaled.
  virtual void forward(const float* values, float* re, float* im) = 0;
  /// The reverse, times 1 / (rows * columns) for an image, 1 / columns for lines.
  virtual void inverse(const float* re, const float* im, float* values) = 0;

 protected:
  explicit Transform(const TransformShape& shape) : shape_(shape), team_(shape.threads) {}
  virtual Status build(const FftKernels& kernels) = 0;

  TransformShape shape_;
  Arena arena_;
  Team team_;
};

}  // namespace perifocal
