// Normal equations of stars that have nothing in common but the numbers of their shape: a matrix with an arrow's
// pattern. Each star's own unknowns come first, then those of the shape.
#pragma once

#include <vector>

#include "stars/normal_equations.h"

namespace perifocal {

/// x, y, flux, background.
inline constexpr int kPlace = 4;

/// The solution: the shape's change, and what covariances are made of.
struct ArrowSolution {
  double change[kMostShape] = {};
  SmallMatrix shapeInverse;
  std::vector<SmallMatrix> inverses;  ///< of every star's own part
};

/// Eliminates the stars (Schur's complement). Returns false where the system is singular. @param shapeCount 0: no shape
bool solveArrow(const std::vector<NormalEquations>& normals, int shapeCount, double damping, ArrowSolution& solution);

/// The change of a star's own unknowns.
void backSubstitute(const NormalEquations& normal, const ArrowSolution& solution, int star, int shapeCount,
                    double* change);

/// Entry (i, j) of a star's covariance, the uncertainty of the shape included.
double covarianceOf(const NormalEquations& normal, const ArrowSolution& solution, int star, int shapeCount, int i,
                    int j);

}  // namespace perifocal
