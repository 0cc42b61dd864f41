#include "stars/pose.h"

#include <algorithm>
#include <cmath>

#include "runtime/cholesky.h"

namespace perifocal {
namespace {

/// Rotation vector, scale, centre, bend.
constexpr int kMostNumbers = 7;
constexpr int kMostSteps = 8;
/// Radians; far below what any camera measures.
constexpr double kLeastStep = 1e-11;
constexpr double kLeastPivot = 1e-300;

Vector3 crossOf(const Vector3& a, const Vector3& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

Vector3 unitOf(const Vector3& a) {
  const double length = std::hypot(a[0], a[1], a[2]);
  return {a[0] / length, a[1] / length, a[2] / length};
}

std::array<double, 9> multiply(const std::array<double, 9>& a, const std::array<double, 9>& b) {
  std::array<double, 9> product{};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      for (int k = 0; k < 3; ++k) product[3 * i + j] += a[3 * i + k] * b[3 * k + j];
    }
  }
  return product;
}

/// Rotation by |w| radians about w (Rodrigues).
std::array<double, 9> rotationBy(const double* w) {
  const double angle = std::hypot(w[0], w[1], w[2]);
  if (angle == 0) return {1, 0, 0, 0, 1, 0, 0, 0, 1};
  const double x = w[0] / angle, y = w[1] / angle, z = w[2] / angle, c = std::cos(angle), s = std::sin(angle);
  const double t = 2 * std::sin(angle / 2) * std::sin(angle / 2);
  return {c + t * x * x,     t * x * y - s * z, t * x * z + s * y, t * x * y + s * z, c + t * y * y,
          t * y * z - s * x, t * x * z - s * y, t * y * z + s * x, c + t * z * z};
}

/// The least-squares problem at one pose.
class Normal {
 public:
  Normal(const Pose& pose, const PosePrior& prior) : pose_(pose) {
    add(prior.scale, pose.scale - 1, 3);
    add(prior.centre, pose.centreU, 4);
    add(prior.centre, pose.centreV, 5);
    add(prior.bend, pose.bend, 6);
  }

  int side() const { return side_; }
  const double* matrix() const { return matrix_; }
  const double* gradient() const { return gradient_; }
  /// Which of the seven numbers one is.
  int number(int index) const { return numbers_[index]; }
  double chi2() const { return chi2_; }

  /// False where the star is behind the camera.
  bool add(const StarSight& sight, double extraVariance) {
    const Vector3 c = pose_.turn(sight.direction);
    if (!(c[2] > 0)) return false;
    const double a = c[0] / c[2], b = c[1] / c[2];
    double du[kMostNumbers], dv[kMostNumbers];
    slopes(a, b, du, dv);
    const double factor = pose_.scale * (1 + pose_.bend * (a * a + b * b));
    const SeenStar& seen = *sight.seen;
    const double ru = seen.u - factor * a - pose_.centreU, rv = seen.v - factor * b - pose_.centreV;
    const double uu = seen.uu + extraVariance, vv = seen.vv + extraVariance, uv = seen.uv;
    const double det = uu * vv - uv * uv, wu = vv / det, wv = uu / det, wuv = -uv / det;
    for (int i = 0; i < side_; ++i) {
      const double iu = du[numbers_[i]], iv = dv[numbers_[i]];
      const double pu = wu * iu + wuv * iv, pv = wuv * iu + wv * iv;
      gradient_[i] += pu * ru + pv * rv;
      for (int j = 0; j < side_; ++j) matrix_[i * side_ + j] += pu * du[numbers_[j]] + pv * dv[numbers_[j]];
    }
    chi2_ += wu * ru * ru + 2 * wuv * ru * rv + wv * rv * rv;
    return true;
  }

 private:
  /// Before all stars: one more number, if it is free.
  void add(double sigma, double value, int number) {
    if (!(sigma > 0)) return;
    const int old = side_++;
    numbers_[old] = number;
    for (int i = old; i-- > 0;) {
      for (int j = old; j-- > 0;) matrix_[i * side_ + j] = matrix_[i * old + j];
    }
    for (int i = 0; i < old; ++i) matrix_[i * side_ + old] = matrix_[old * side_ + i] = 0;
    matrix_[old * side_ + old] = 1 / (sigma * sigma);
    gradient_[old] = -value / (sigma * sigma);
  }

  /// Derivatives of u and v by all numbers. Small rotations w move a direction c to c + w x c.
  void slopes(double a, double b, double* du, double* dv) const {
    const double r2 = a * a + b * b, s = pose_.scale, k = pose_.bend, bent = 1 + k * r2;
    const double da[3] = {-a * b, 1 + a * a, -b}, db[3] = {-1 - b * b, a * b, a};
    for (int i = 0; i < 3; ++i) {
      du[i] = s * ((bent + 2 * k * a * a) * da[i] + 2 * k * a * b * db[i]);
      dv[i] = s * (2 * k * a * b * da[i] + (bent + 2 * k * b * b) * db[i]);
    }
    du[3] = a * bent, dv[3] = b * bent;
    du[4] = 1, dv[4] = 0;
    du[5] = 0, dv[5] = 1;
    du[6] = s * a * r2, dv[6] = s * b * r2;
  }

  const Pose& pose_;
  int side_ = 3;
  int numbers_[kMostNumbers] = {0, 1, 2};
  double matrix_[kMostNumbers * kMostNumbers] = {};
  double gradient_[kMostNumbers] = {};
  double chi2_ = 0;
};

/// A factor of the matrix; false where it is singular.
bool factorise(const Normal& normal, double* factor) {
  const int side = normal.side();
  std::copy_n(normal.matrix(), side * side, factor);
  for (int i = 0; i < side; ++i) {
    const double pivot = factorRow(factor, side, i);
    if (!(pivot > kLeastPivot + 1e-14 * normal.matrix()[i * side + i])) return false;
    factor[i * side + i] = std::sqrt(pivot);
  }
  return true;
}

void move(Pose& pose, const Normal& normal, const double* step) {
  pose.rotation = multiply(rotationBy(step), pose.rotation);
  double* numbers[] = {&pose.scale, &pose.centreU, &pose.centreV, &pose.bend};
  for (int i = 3; i < normal.side(); ++i) *numbers[normal.number(i) - 3] += step[i];
}

void takeCovariance(const Normal& normal, const double* factor, PoseFit& fit) {
  for (int column = 0; column < std::min(normal.side(), 4); ++column) {
    double unit[kMostNumbers] = {};
    unit[column] = 1;
    substitute(factor, normal.side(), unit);
    if (column == 3) {
      fit.scaleSigma = normal.number(3) == 3 ? std::sqrt(unit[3]) : 0;
      break;
    }
    for (int row = 0; row < 3; ++row) fit.covariance[3 * row + column] = unit[row];
  }
}

}  // namespace

Vector3 Pose::turn(const Vector3& d) const {
  const auto& r = rotation;
  return {r[0] * d[0] + r[1] * d[1] + r[2] * d[2], r[3] * d[0] + r[4] * d[1] + r[5] * d[2],
          r[6] * d[0] + r[7] * d[1] + r[8] * d[2]};
}

Vector3 Pose::turnBack(const Vector3& d) const {
  const auto& r = rotation;
  return {r[0] * d[0] + r[3] * d[1] + r[6] * d[2], r[1] * d[0] + r[4] * d[1] + r[7] * d[2],
          r[2] * d[0] + r[5] * d[1] + r[8] * d[2]};
}

bool Pose::project(const Vector3& direction, double& u, double& v) const {
  const Vector3 c = turn(direction);
  if (!(c[2] > 0)) return false;
  const double a = c[0] / c[2], b = c[1] / c[2], factor = scale * (1 + bend * (a * a + b * b));
  u = factor * a + centreU;
  v = factor * b + centreV;
  return true;
}

Vector3 Pose::unproject(double u, double v) const {
  const double bentA = (u - centreU) / scale, bentB = (v - centreV) / scale;
  double a = bentA, b = bentB;
  // The bend of a lens is small: each round leaves a part of it.
  for (int round = 0; round < 6 && bend != 0; ++round) {
    const double factor = 1 + bend * (a * a + b * b);
    a = bentA / factor;
    b = bentB / factor;
  }
  return unitOf({a, b, 1});
}

std::array<double, 9> alignPair(const Vector3& from, const Vector3& fromOther, const Vector3& to,
                                const Vector3& toOther) {
  const auto triad = [](const Vector3& one, const Vector3& other) {
    const Vector3 first = unitOf(one), third = unitOf(crossOf(one, other)), second = crossOf(third, first);
    return std::array<double, 9>{first[0],  first[1], first[2], second[0], second[1],
                                 second[2], third[0], third[1], third[2]};
  };
  const auto a = triad(from, fromOther), b = triad(to, toOther);
  const std::array<double, 9> back{b[0], b[3], b[6], b[1], b[4], b[7], b[2], b[5], b[8]};
  return multiply(back, a);
}

bool fitPose(std::span<const StarSight> sights, const PosePrior& prior, double extraVariance, Pose& pose,
             PoseFit& fit) {
  for (int step = 0; step < kMostSteps; ++step) {
    Normal normal(pose, prior);
    for (const StarSight& sight : sights) {
      if (!normal.add(sight, extraVariance)) return false;
    }
    double factor[kMostNumbers * kMostNumbers], change[kMostNumbers];
    if (!factorise(normal, factor)) return false;
    std::copy_n(normal.gradient(), normal.side(), change);
    substitute(factor, normal.side(), change);
    fit.chi2 = normal.chi2();
    takeCovariance(normal, factor, fit);
    double size = 0;
    for (int i = 0; i < normal.side(); ++i) size = std::max(size, std::abs(change[i]));
    if (!std::isfinite(size)) return false;
    if (size < kLeastStep) return pose.scale > 0;
    move(pose, normal, change);
    if (!(pose.scale > 0)) return false;
  }
  return true;
}

}  // namespace perifocal
