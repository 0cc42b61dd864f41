#include "stars/arrow_system.h"

namespace perifocal {
namespace {

SmallMatrix partOf(const SmallMatrix& matrix, int first, int side) {
  SmallMatrix part{{}, side};
  for (int i = 0; i < side; ++i) {
    for (int j = 0; j < side; ++j) part.at(i, j) = matrix.at(first + i, first + j);
  }
  return part;
}

/// How much unknown i of a star gives way to number k of the shape.
double lean(const NormalEquations& normal, const SmallMatrix& inverse, int i, int k) {
  double sum = 0;
  for (int j = 0; j < kPlace; ++j) sum += inverse.at(i, j) * normal.products.at(kPlace + k, j);
  return sum;
}

}  // namespace

bool solveArrow(const std::vector<NormalEquations>& normals, int shapeCount, double damping, ArrowSolution& solution) {
  SmallMatrix shape{{}, shapeCount};
  double right[kMostShape] = {};
  for (const NormalEquations& normal : normals) {
    for (int k = 0; k < shapeCount; ++k) {
      right[k] += normal.rights[kPlace + k];
      for (int l = 0; l < shapeCount; ++l) shape.at(k, l) += normal.products.at(kPlace + k, kPlace + l);
    }
  }
  shape = damped(shape, damping);
  solution.inverses.assign(normals.size(), {});
  for (std::size_t star = 0; star < normals.size(); ++star) {
    const NormalEquations& normal = normals[star];
    SmallMatrix& inverse = solution.inverses[star];
    if (!invert(damped(partOf(normal.products, 0, kPlace), damping), inverse)) return false;
    for (int k = 0; k < shapeCount; ++k) {
      for (int i = 0; i < kPlace; ++i) {
        const double leaning = lean(normal, inverse, i, k);
        right[k] -= leaning * normal.rights[i];
        for (int l = 0; l < shapeCount; ++l) shape.at(k, l) -= leaning * normal.products.at(kPlace + l, i);
      }
    }
  }
  if (!invert(shape, solution.shapeInverse)) return false;
  for (int k = 0; k < shapeCount; ++k) {
    solution.change[k] = 0;
    for (int l = 0; l < shapeCount; ++l) solution.change[k] += solution.shapeInverse.at(k, l) * right[l];
  }
  return true;
}

void backSubstitute(const NormalEquations& normal, const ArrowSolution& solution, int star, int shapeCount,
                    double* change) {
  double rest[kPlace];
  for (int i = 0; i < kPlace; ++i) {
    rest[i] = normal.rights[i];
    for (int k = 0; k < shapeCount; ++k) rest[i] -= normal.products.at(kPlace + k, i) * solution.change[k];
  }
  for (int i = 0; i < kPlace; ++i) {
    change[i] = 0;
    for (int j = 0; j < kPlace; ++j) change[i] += solution.inverses[star].at(i, j) * rest[j];
  }
}

double covarianceOf(const NormalEquations& normal, const ArrowSolution& solution, int star, int shapeCount, int i,
                    int j) {
  const SmallMatrix& inverse = solution.inverses[star];
  double sum = inverse.at(i, j);
  for (int k = 0; k < shapeCount; ++k) {
    for (int l = 0; l < shapeCount; ++l) {
      sum += lean(normal, inverse, i, k) * solution.shapeInverse.at(k, l) * lean(normal, inverse, j, l);
    }
  }
  return sum;
}

}  // namespace perifocal
