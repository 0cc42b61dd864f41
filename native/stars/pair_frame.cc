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

bool PairFrame::set(const SkyIndex& index, const SeenStar& a, const SeenStar& b, int first, int second, double q,
                    double zero) {
  q_ = q;
  seenA_ = directionOf(a, q);
  seenB_ = directionOf(b, q);
  seenN_ = crossOf(seenA_, seenB_);
  cos_ = dotOf(seenA_, seenB_);
  sin2_ = dotOf(seenN_, seenN_);
  skyA_ = of(index.star(first));
  skyB_ = of(index.star(second));
  skyN_ = crossOf(skyA_, skyB_);
  varianceA_ = (a.uu + a.vv) / 2;
  varianceB_ = (b.uu + b.vv) / 2;
  zero_ = zero;
  return sin2_ > 0;
}

/// The direction of the star is alpha A + beta B + gamma N, in the sensor as in the sky.
Support PairFrame::support(const SkyIndex& index, const SeenStar& star, const Room& room) const {
  const Double3 d = directionOf(star, q_);
  const double da = dotOf(d, seenA_), db = dotOf(d, seenB_);
  const double alpha = (da - cos_ * db) / sin2_, beta = (db - cos_ * da) / sin2_, gamma = dotOf(d, seenN_) / sin2_;
  const double g2 = gamma * gamma;
  const double variance = (alpha * alpha + g2) * varianceA_ + (beta * beta + g2) * varianceB_ + (star.uu + star.vv) / 2;
  const double far = 1 + std::abs(alpha) + std::abs(beta) + std::abs(gamma);
  const double reach = q_ * (kPlaceGate * std::sqrt(variance) + room.lens * far / 2) + room.shift;
  const double gate = kMagnitudeGate * room.magnitudeSigma, magnitude = star.magnitude + zero_;
  const auto place = [&](double a, double b, double n) { return static_cast<float>(alpha * a + beta * b + gamma * n); };
  const int known = index.grid().nearest(place(skyA_.x, skyB_.x, skyN_.x), place(skyA_.y, skyB_.y, skyN_.y),
                                         place(skyA_.z, skyB_.z, skyN_.z), static_cast<float>(reach),
                                         static_cast<float>(magnitude - gate), static_cast<float>(magnitude + gate));
  return {known, std::min(reach, static_cast<double>(SkyGrid::kReach))};
}

std::array<double, 9> PairFrame::rotation(const SkyIndex& index, int first, int second) const {
  return alignPair(index.direction(first), index.direction(second), {seenA_.x, seenA_.y, seenA_.z},
                   {seenB_.x, seenB_.y, seenB_.z});
}

}  // namespace perifocal
