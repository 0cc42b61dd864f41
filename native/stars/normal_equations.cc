#include "stars/normal_equations.h"

#include <cmath>
#include <numbers>

namespace perifocal {
namespace {

/// What is left of a diagonal entry that rounding alone may have left.
constexpr double kSingular = 1e-14;

double sumLanes(const double* lanes) {
  double sum = 0;
  for (int lane = 0; lane < kPointLanes; ++lane) sum += lanes[lane];
  return sum;
}

bool factorise(const SmallMatrix& matrix, SmallMatrix& factor) {
  for (int i = 0; i < matrix.side; ++i) {
    for (int j = 0; j <= i; ++j) {
      double sum = matrix.at(i, j);
      for (int k = 0; k < j; ++k) sum -= factor.at(i, k) * factor.at(j, k);
      if (i == j && !(sum > kSingular * std::fabs(matrix.at(i, i)))) return false;
      factor.at(i, j) = i == j ? std::sqrt(sum) : sum / factor.at(j, j);
    }
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
  SmallMatrix factor{{}, side};
  if (!factorise(matrix, factor)) return false;
  inverse.side = side;
  for (int column = 0; column < side; ++column) {
    double x[kMostUnknowns];
    for (int i = 0; i < side; ++i) {
      x[i] = i == column ? 1 : 0;
      for (int k = 0; k < i; ++k) x[i] -= factor.at(i, k) * x[k];
      x[i] /= factor.at(i, i);
    }
    for (int i = side - 1; i >= 0; --i) {
      for (int k = i + 1; k < side; ++k) x[i] -= factor.at(k, i) * x[k];
      x[i] /= factor.at(i, i);
      inverse.at(i, column) = x[i];
    }
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
