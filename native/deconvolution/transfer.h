// Transfer functions: the transform of a PSF, kept in the order in which the transforms visit columns.
#pragma once

#include "deconvolution/geometry.h"
#include "deconvolution/kernels.h"
#include "deconvolution/shape.h"
#include "fft/real_fft.h"
#include "runtime/arena.h"

namespace perifocal {

/// Bins side by side, column group after column group: `floats` a row of a group.
class ColumnPanels {
 public:
  static std::size_t bytes(const Geometry& geometry, int floats);
  void create(const Geometry& geometry, int floats, Arena& arena);

  float* at(const ColumnBlock& block) const {
    return data_ + (static_cast<std::ptrdiff_t>(block.bin / kBinGroup) * rows_ + block.position) * floats_;
  }

 private:
  float* data_ = nullptr;
  int rows_ = 0, floats_ = 0;
};

class TransferFunction {
 public:
  static std::size_t bytes(const SolverShape& shape, const Geometry& geometry);
  void create(const SolverShape& shape, const Geometry& geometry, const DeconvolutionKernels& kernels, Arena& arena);

  /// Transforms a kernel of the size that the shape states; overwrites `spectrum`.
  void set(const double* kernel, RealFft2d& fft, Spectrum spectrum);

  bool isReal() const { return real_; }
  const float* at(const ColumnBlock& block) const { return panels_.at(block); }
  /// data *= H
  void multiply(const ColumnBlock& block) const;
  /// data *= conj(H)
  void multiplyConjugate(const ColumnBlock& block) const;

 private:
  bool real_ = false;
  int radiusX_ = 0, radiusY_ = 0;
  Geometry geometry_{};
  const DeconvolutionKernels* kernels_ = nullptr;
  ColumnPanels panels_;
};

}  // namespace perifocal
