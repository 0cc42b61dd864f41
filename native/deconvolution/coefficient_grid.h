// The coefficients of eigen-PSF modes: coarse grids over the tile, interpolated bilinearly, constant beyond it.
#pragma once

#include <vector>

#include "deconvolution/geometry.h"
#include "deconvolution/shape.h"

namespace perifocal {

class CoefficientGrid {
 public:
  explicit CoefficientGrid(const Geometry& geometry) : geometry_(geometry) {}

  /// Copies the grids of all modes.
  void set(const Psf& psf, int modes);

  /// out = (or +=) coefficient of the mode * values, for padded row y.
  void apply(int mode, int y, const float* values, bool add, float* out) const;

 private:
  float node(int mode, int y, int column) const;

  Geometry geometry_;
  int rows_ = 1, columns_ = 1;
  std::vector<float> nodes_;
};

}  // namespace perifocal
