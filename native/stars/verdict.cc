#include "stars/verdict.h"

#include <algorithm>
#include <cmath>

namespace perifocal {
namespace {

/// Natural logarithm of the evidence that a pair needs from other stars before its pose is fitted.
constexpr double kEvidence = 10;
constexpr int kLeastHits = 2;
/// Two poses within this angle are one.
constexpr double kSame = 0.01;
/// Natural logarithm of the odds within which two solutions are alike.
constexpr double kAlike = 7;
/// A fitted focal length may be this part beyond its range.
constexpr double kScaleMargin = 0.02;
/// Fewer hypotheses count as so many: each pose is fitted until it explains most, as if many around it were tried.
constexpr double kLeastTried = 10'000;

bool isNear(const Pose& a, const Pose& b) {
  double square = 0;
  for (int i = 0; i < 9; ++i) square += (a.rotation[i] - b.rotation[i]) * (a.rotation[i] - b.rotation[i]);
  return square < 2 * kSame * kSame;
}

}  // namespace

void Verdict::examine(const SeenField& field, const Room& room, int i, int j, const SeenBasis& seen,
                      const KnownBasis& known, std::int64_t hypotheses) {
  if (isSupported(field, room, i, j, seen, known)) verify(field, seen, known, hypotheses);
}

bool Verdict::isSupported(const SeenField& field, const Room& room, int i, int j, const SeenBasis& seen,
                          const KnownBasis& known) {
  matches_.assign({{i, known.first()}, {j, known.second()}});
  double evidence = 0;
  const double gate = kMagnitudeGate * field.magnitudeSigma;
  for (int k = 0; k < static_cast<int>(field.stars.size()); ++k) {
    if (k == i || k == j) continue;
    const Relative place = seen.locate(field.stars[k], room);
    const int found = known.find(index_, place, field.stars[k].magnitude, room);
    if (found < 0 || found == known.first() || found == known.second()) continue;
    const double magnitude = field.stars[k].magnitude + known.zero();
    const int rivals = index_.countBrighter(magnitude + gate) - index_.countBrighter(magnitude - gate);
    // Twice the mean density of the sky, as in the Milky Way.
    evidence -= std::log(std::min(0.9, 2.0 * rivals * place.reach * place.reach / 4));
    matches_.push_back({k, found});
  }
  return static_cast<int>(matches_.size()) >= 2 + kLeastHits && evidence >= kEvidence;
}

void Verdict::verify(const SeenField& field, const SeenBasis& seen, const KnownBasis& known, std::int64_t hypotheses) {
  Solution solution;
  solution.matches = matches_;
  solution.pose.rotation = known.rotation(index_, seen);
  solution.pose.scale = 1 / seen.q();
  if (!verifyPose(index_, field, solution)) return;
  const double margin = kScaleMargin * highScale_;
  if (solution.pose.scale < lowScale_ - margin || solution.pose.scale > highScale_ + margin) return;
  const double logFalseAlarm = solution.logChance + std::log(std::max(static_cast<double>(hypotheses), kLeastTried));
  if (logFalseAlarm > std::log(falsePositive_)) return keep(solution.pose, logFalseAlarm);
  const bool hasRival = hasBest_ && best_ <= logFalseAlarm + kAlike && !isNear(bestPose_, solution.pose);
  answer_ = hasRival ? Answer::kAmbiguous : Answer::kSolved;
  logFalseAlarm_ = logFalseAlarm;
  solution_ = std::move(solution);
}

void Verdict::keep(const Pose& pose, double logFalseAlarm) {
  if (logFalseAlarm > 0) return;
  const bool isOther = hasBest_ && !isNear(bestPose_, pose);
  if (isOther && std::abs(logFalseAlarm - best_) < kAlike) hasAlike_ = true;
  if (hasBest_ && logFalseAlarm >= best_) return;
  if (isOther && logFalseAlarm < best_ - kAlike) hasAlike_ = false;
  hasBest_ = true;
  best_ = logFalseAlarm;
  bestPose_ = pose;
}

}  // namespace perifocal
