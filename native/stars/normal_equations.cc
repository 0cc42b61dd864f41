#include "stars/normal_equations.h"

#include <cmath>
#include <numbers>

#include "runtime/cholesky.h"

namespace perifocal {
namespace {

/// What is left of a diagonal entry that rounding alone may have left.
constexpr double kSingular = 1e-14;

double sumLanes(const double* lanes) {
  double sum = 0;
  for (int lane = 0; lane < kPointLanes; ++lane) sum += lanes[lane];
  return sum;
}

bool factorise(SmallMatrix& factor) {
  for (int i = 0; i < factor.side; ++i) {
    const double entry = factor.at(i, i), pivot = factorRow(factor.entries, factor.side, i);
    if (!(pivot > kSingular * std::fabs(entry))) return false;
    factor.at(i, i) = std::sqrt(pivot);
  }
  return true;
}

}  // namespace

SmallMatrix damped(const SmallMatrix& matrix, double damping) {
  SmallMatrix result = matrix;
  for (int i = 0; i < matrix.side; ++i) result.at(i, i) *= 1 + damping;
  return result;
}

bool invert(const SmallMatrix& matrix, SmallMatrix& inverse) {
  const int side = matrix.side;
  SmallMatrix factor = matrix;
  if (!factorise(factor)) return false;
  inverse.side = side;
  for (int column = 0; column < side; ++column) {
    double x[kMostUnknowns] = {};
    x[column] = 1;
    substitute(factor.entries, side, x);
    for (int i = 0; i < side; ++i) inverse.at(i, column) = x[i];
  }
  return true;
}

NormalEquations equationsOf(const NormalSums& sums, int unknowns) {
  NormalEquations equations;
  equations.products.side = unknowns;
  const double(*product)[kPointLanes] = sums.products;
  for (int i = 0; i < unknowns; ++i) {
    equations.rights[i] = sumLanes(sums.rights[i]);
    for (int j = 0; j <= i; ++j) equations.products.at(i, j) = equations.products.at(j, i) = sumLanes(*product++);
  }
  equations.squares = sumLanes(sums.squares);
  for (int lane = 0; lane < kPointLanes; ++lane) {
    equations.logs += std::log(sums.ratio[lane]) + static_cast<double>(sums.exponent[lane]) * std::numbers::ln2;
  }
  return equations;
}

}  // namespace perifocal
