// What an estimate's pixels are worth (Bertero and Boccacci 2005): 1 over the share of their light that reaches valid
// pixels; 0 where that share is below 1 %.
#pragma once

#include <vector>

#include "deconvolution/blur.h"
#include "deconvolution/geometry.h"
#include "deconvolution/observation.h"
#include "deconvolution/shape.h"
#include "deconvolution/workspace.h"
#include "runtime/arena.h"

namespace perifocal {

class Weights {
 public:
  static std::size_t bytes(const SolverShape& shape, const Geometry& geometry);
  void create(const SolverShape& shape, const Geometry& geometry, Arena& arena);

  /// After a new PSF, whose values the weights of a tile without a mask depend on alone.
  void setPsf(const Psf& psf);
  /// After a load, before the blur is started.
  void setMask(const Observation& observation, Blur& blur, const RowScratch& scratch);

  /// Of padded row y; null where all are 1.
  const float* row(int y) const;

 private:
  enum class Kind { kNone, kRows, kPlane };

  int rowClass(int y) const;
  void setRow(const double* kernel, int y, float* out) const;

  Kind kind_ = Kind::kNone;
  int radiusX_ = 0, radiusY_ = 0;
  Geometry geometry_{};
  float* data_ = nullptr;
};

}  // namespace perifocal
