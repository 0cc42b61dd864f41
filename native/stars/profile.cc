#include "stars/profile.h"

#include <algorithm>
#include <cmath>

#include "stars/disk.h"

namespace perifocal {
namespace {

/// A pixel's own width adds this to the variance of a star along either axis (star-sensor B.1).
constexpr double kPixelVariance = 1.0 / 12;
/// Beyond this many standard deviations a profile is cut.
constexpr double kTail = 4;
constexpr double kLeastSigma = 0.1, kMostSigma = 20;
constexpr double kLeastRadius = 0.5, kMostRadius = 100;
/// Steps of the numerical derivatives of disks.
constexpr double kStep = 0.01;

double seenSigma(double sigma) { return std::sqrt(sigma * sigma + kPixelVariance); }

class StreakProfile final : public StarProfile {
 public:
  StreakProfile(const ProfileShape& shape, const StarKernels& kernels)
      : StarProfile(ProfileKind::kStreak, shape, shape[0] / 2 + kTail * seenSigma(shape[2])), kernels_(kernels) {
    const double sigma = seenSigma(shape[2]);
    streak_ = {shape[0], std::cos(shape[1]), std::sin(shape[1]), sigma, shape[2] / sigma};
  }

  int shapeCount() const override { return 3; }
  void sample(double x, double y, const Points& points, const ProfileRows& out) const override {
    kernels_.sampleStreak(streak_, x, y, points, out);
  }

 private:
  const StarKernels& kernels_;
  Streak streak_;
};

/// A streak of no length, which has no angle either.
class RoundProfile final : public StarProfile {
 public:
  RoundProfile(const ProfileShape& shape, const StarKernels& kernels)
      : StarProfile(ProfileKind::kRound, shape, kTail * seenSigma(shape[0])), kernels_(kernels) {
    const double sigma = seenSigma(shape[0]);
    streak_ = {0, 1, 0, sigma, shape[0] / sigma};
  }

  int shapeCount() const override { return 1; }
  void sample(double x, double y, const Points& points, const ProfileRows& out) const override {
    const auto [length, angle, sigma] = out.byShape;
    kernels_.sampleStreak(streak_, x, y, points, {out.value, out.byX, out.byY, {angle, sigma, length}});
  }

 private:
  const StarKernels& kernels_;
  Streak streak_;
};

class DiskProfile final : public StarProfile {
 public:
  explicit DiskProfile(const ProfileShape& shape)
      : StarProfile(ProfileKind::kDisk, shape, shape[0] + kTail * seenSigma(shape[1])),
        seen_(shape[0], seenSigma(shape[1])),
        wider_(shape[0] + kStep, seenSigma(shape[1])),
        softer_(shape[0], seenSigma(shape[1] + kStep)) {}

  int shapeCount() const override { return 2; }
  void sample(double x, double y, const Points& points, const ProfileRows& out) const override {
    for (int i = 0; i < points.count; ++i) {
      const double dx = points.x[i] - x, dy = points.y[i] - y, r = std::sqrt(dx * dx + dy * dy);
      const double value = seen_.density(r);
      const double slope = (seen_.density(r + kStep) - seen_.density(std::fabs(r - kStep))) / (2 * kStep);
      out.value[i] = value;
      out.byX[i] = r > 0 ? slope * dx / r : 0;
      out.byY[i] = r > 0 ? slope * dy / r : 0;
      out.byShape[0][i] = (wider_.density(r) - value) / kStep;
      out.byShape[1][i] = (softer_.density(r) - value) / kStep;
    }
  }

 private:
  SoftDisk seen_, wider_, softer_;
};

}  // namespace

std::unique_ptr<StarProfile> createProfile(ProfileKind kind, const ProfileShape& shape, const StarKernels& kernels) {
  if (kind == ProfileKind::kStreak) {
    return std::make_unique<StreakProfile>(
        ProfileShape{std::max(0.0, shape[0]), shape[1], std::clamp(shape[2], kLeastSigma, kMostSigma)}, kernels);
  }
  if (kind == ProfileKind::kRound) {
    return std::make_unique<RoundProfile>(ProfileShape{std::clamp(shape[0], kLeastSigma, kMostSigma), 0, 0}, kernels);
  }
  return std::make_unique<DiskProfile>(
      ProfileShape{std::clamp(shape[0], kLeastRadius, kMostRadius), std::clamp(shape[1], kLeastSigma, kMostSigma), 0});
}

DrawnProfile drawProfile(const StarProfile& profile) {
  const int reach = static_cast<int>(std::ceil(profile.reach())), side = 2 * reach + 1;
  const std::size_t room = paddedPoints(side);
  std::vector<double> lists(7 * room);
  const auto list = [&](int i) { return lists.data() + i * room; };
  for (int i = 0; i < side; ++i) list(0)[i] = i - reach;
  DrawnProfile drawn{reach, {}, 0};
  for (int y = -reach; y <= reach; ++y) {
    std::fill_n(list(1), room, 0.0);
    profile.sample(0, -y, {list(0), list(1), side}, {list(2), list(3), list(4), {list(5), list(6), list(1)}});
    drawn.values.insert(drawn.values.end(), list(2), list(2) + side);
  }
  for (double value : drawn.values) drawn.energy += value * value;
  return drawn;
}

}  // namespace perifocal
