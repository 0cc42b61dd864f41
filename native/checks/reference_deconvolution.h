// Deconvolution in double precision, written for reading: convolutions and transforms by their definitions on the
// padded image. The oracle of native/deconvolution.
#pragma once

#include <cstdint>
#include <vector>

#include "deconvolution/geometry.h"
#include "deconvolution/shape.h"

namespace perifocal::checks {

/// What a solver is given. Pixels and kernels are row by row.
struct Problem {
  SolverShape shape;
  SolverSettings settings;
  std::vector<double> kernels;      ///< one per mode
  std::vector<float> coefficients;  ///< a grid per mode; empty with one mode
  int gridRows = 1, gridColumns = 1;
  std::vector<float> samples;       ///< in [0, 1]
  std::vector<std::uint8_t> valid;  ///< empty: all
};

/// A on the padded image, or its adjoint.
std::vector<double> referenceBlur(const Problem& problem, const std::vector<double>& x);
std::vector<double> referenceAdjoint(const Problem& problem, const std::vector<double>& x);

/// The tile after some steps of the shape's method.
std::vector<double> referenceSolution(const Problem& problem, int steps);

/// The minimiser of |w|^alpha + (beta / 2) (w - v)^2 by closed forms (alpha 1/2 and 2/3) or else by bisection.
double referenceShrinkage(double v, double alpha, double beta);

}  // namespace perifocal::checks
