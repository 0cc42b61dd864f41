#include "stars/pair_frame.h"

#include <algorithm>
#include <cmath>

namespace perifocal {
namespace {

double dotOf(const Double3& a, const Double3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
Double3 crossOf(const Double3& a, const Double3& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
Double3 of(const SkyStar& star) { return {star.x, star.y, star.z}; }

}  // namespace

Double3 directionOf(const SeenStar& star, double q) {
  const double u = q * star.u, v = q * star.v, length = 1 / std::sqrt(u * u + v * v + 1);
  return {u * length, v * length, length};
}

double chordOf(const SeenStar& a, const SeenStar& b, double q) {
  const Double3 one = directionOf(a, q), other = directionOf(b, q);
  const double dx = one.x - other.x, dy = one.y - other.y, dz = one.z - other.z;
  return std::sqrt(dx * dx + dy * dy + dz * dz);
}

bool SeenBasis::set(const SeenStar& a, const SeenStar& b, double q) {
  q_ = q;
  a_ = directionOf(a, q);
  b_ = directionOf(b, q);
  normal_ = crossOf(a_, b_);
  cos_ = dotOf(a_, b_);
  sin2_ = dotOf(normal_, normal_);
  varianceA_ = (a.uu + a.vv) / 2;
  varianceB_ = (b.uu + b.vv) / 2;
  return sin2_ > 0;
}

Relative SeenBasis::locate(const SeenStar& star, const Room& room) const {
  const Double3 d = directionOf(star, q_);
  const double da = dotOf(d, a_), db = dotOf(d, b_);
  const double alpha = (da - cos_ * db) / sin2_, beta = (db - cos_ * da) / sin2_, gamma = dotOf(d, normal_) / sin2_;
  const double g2 = gamma * gamma;
  const double variance = (alpha * alpha + g2) * varianceA_ + (beta * beta + g2) * varianceB_ + (star.uu + star.vv) / 2;
  const double far = 1 + std::abs(alpha) + std::abs(beta) + std::abs(gamma);
  const double reach = q_ * (kPlaceGate * std::sqrt(variance) + room.lens * far / 2) + room.shift;
  return {alpha, beta, gamma, std::min(static_cast<float>(reach), SkyGrid::kReach)};
}

KnownBasis::KnownBasis(const SkyIndex& index, int first, int second, double zero)
    : first_(first), second_(second), zero_(zero), a_(of(index.star(first))), b_(of(index.star(second))) {
  normal_ = crossOf(a_, b_);
}

int KnownBasis::find(const SkyIndex& index, const Relative& place, double magnitude, const Room& room) const {
  const auto [alpha, beta, gamma, reach] = place;
  // Clang 14 captures no structured bindings.
  const auto at = [alpha = alpha, beta = beta, gamma = gamma](double a, double b, double n) {
    return static_cast<float>(alpha * a + beta * b + gamma * n);
  };
  const double gate = kMagnitudeGate * room.magnitudeSigma;
  return index.grid().nearest(at(a_.x, b_.x, normal_.x), at(a_.y, b_.y, normal_.y), at(a_.z, b_.z, normal_.z), reach,
                              static_cast<float>(magnitude + zero_ - gate),
                              static_cast<float>(magnitude + zero_ + gate));
}

std::array<double, 9> KnownBasis::rotation(const SkyIndex& index, const SeenBasis& seen) const {
  const auto vectorOf = [](const Double3& d) { return Vector3{d.x, d.y, d.z}; };
  return alignPair(index.direction(first_), index.direction(second_), vectorOf(seen.a()), vectorOf(seen.b()));
}

}  // namespace perifocal
