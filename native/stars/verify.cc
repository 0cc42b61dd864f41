#include "stars/verify.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace perifocal {
namespace {

/// A match is within this many standard deviations.
constexpr double kGate = 3.5;
/// Magnitudes of matches agree within this many.
constexpr double kMagnitudeGate = 3.5;
/// Rounds of matching and fitting, in which the room left for the lens shrinks to this part each time.
constexpr int kRounds = 4;
constexpr double kShrink = 0.5;
constexpr std::size_t kLeastMatches = 4;
/// Of a pose that is foretold.
constexpr std::size_t kLeastFollowed = 2;
/// Of the stars that a pose predicts and that are bright enough, this part may be missing before it counts against it.
constexpr double kMissing = 0.4;
/// Natural logarithm of what each further one costs.
constexpr double kMissCost = 1.5;

/// Of the optical axis from the middle, in halves of the diagonal: a pose that needs more has false matches.
constexpr double kFarthestAxis = 0.6;

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double zeroPoint(const SkyIndex& index, const SeenField& field, std::span<const StarMatch> matches) {
  std::vector<double> differences;
  for (const auto& [seen, known] : matches) {
    differences.push_back(index.star(known).magnitude - field.stars[seen].magnitude);
  }
  return median(differences);
}

/// How far a star may be from where the pose has it.
double reachOf(const SeenStar& star, const Pose& pose, const PoseFit& fit, double lens) {
  const double r2 = star.u * star.u + star.v * star.v;
  const double turned = (fit.covariance[0] + fit.covariance[4]) / 2 + r2 * fit.covariance[8];
  const double scaled = r2 * fit.scaleSigma * fit.scaleSigma;
  return kGate * std::sqrt((star.uu + star.vv) / 2 + turned + scaled) / pose.scale + lens;
}

/// The nearest star of a fitting magnitude to each; a known star belongs to the seen one that is nearest to it.
std::vector<StarMatch> match(const SkyIndex& index, const SeenField& field, const Pose& pose, const PoseFit& fit,
                             double lens, double zero) {
  std::vector<StarMatch> matches;
  const double gate = kMagnitudeGate * field.magnitudeSigma;
  for (int i = 0; i < static_cast<int>(field.stars.size()); ++i) {
    const SeenStar& star = field.stars[i];
    const Vector3 seen = pose.turnBack(pose.unproject(star.u, star.v));
    const Vector3 place = apparent(seen, {-field.velocity[0], -field.velocity[1], -field.velocity[2]});
    const double magnitude = star.magnitude + zero;
    const int known =
        index.grid().nearest(static_cast<float>(place[0]), static_cast<float>(place[1]), static_cast<float>(place[2]),
                             static_cast<float>(reachOf(star, pose, fit, lens)), static_cast<float>(magnitude - gate),
                             static_cast<float>(magnitude + gate));
    if (known >= 0) matches.push_back({i, known});
  }
  // Of those that took the same star the brightest keeps it: it comes first.
  std::stable_sort(matches.begin(), matches.end(), [](auto& a, auto& b) { return a.known < b.known; });
  const auto last = std::unique(matches.begin(), matches.end(), [](auto& a, auto& b) { return a.known == b.known; });
  matches.erase(last, matches.end());
  std::sort(matches.begin(), matches.end(), [](auto& a, auto& b) { return a.seen < b.seen; });
  return matches;
}

bool fitMatches(const SkyIndex& index, const SeenField& field, double lens, Solution& solution) {
  std::vector<StarSight> sights;
  for (const auto& [seen, known] : solution.matches) {
    sights.push_back({&field.stars[seen], apparent(index.direction(known), field.velocity)});
  }
  return fitPose(sights, field.prior, lens * lens / 9, solution.pose, solution.fit);
}

/// Natural logarithm of the probability of `least` or more of `count` events of probability p.
double logTail(int count, int least, double p) {
  if (least <= 0) return 0;
  double sum = 0, largest = -1e300;
  std::vector<double> terms;
  for (int k = least; k <= count; ++k) {
    const double term = std::lgamma(count + 1.0) - std::lgamma(k + 1.0) - std::lgamma(count - k + 1.0) +
                        k * std::log(p) + (count - k) * std::log1p(-p);
    terms.push_back(term);
    largest = std::max(largest, term);
  }
  for (const double term : terms) sum += std::exp(term - largest);
  return largest + std::log(sum);
}

/// Known stars in the frame that are brighter than a magnitude.
struct Predicted {
  int all = 0;      ///< as faint as any match
  int bright = 0;   ///< brighter than most matches
  int missing = 0;  ///< of the bright ones, without a match
};

Predicted predict(const SkyIndex& index, const SeenField& field, const Solution& solution, double zero) {
  double faintest = -1e9;
  std::vector<double> magnitudes;
  std::vector<int> taken;
  for (const auto& [seen, known] : solution.matches) {
    magnitudes.push_back(field.stars[seen].magnitude + zero);
    faintest = std::max(faintest, magnitudes.back());
    taken.push_back(known);
  }
  std::sort(taken.begin(), taken.end());
  const double middle = median(magnitudes) - field.magnitudeSigma;
  const int most = index.countBrighter(faintest + 3 * field.magnitudeSigma);
  const Vector3 axis{solution.pose.rotation[6], solution.pose.rotation[7], solution.pose.rotation[8]};
  const double corner = std::hypot(std::max(std::abs(field.left), std::abs(field.right)),
                                   std::max(std::abs(field.top), std::abs(field.bottom)));
  const double tangent = (corner + std::hypot(solution.pose.centreU, solution.pose.centreV)) / solution.pose.scale;
  const double cosine = 1 / std::hypot(1, 1.1 * tangent);
  Predicted found;
  index.grid().visitCone(axis, cosine, 1.1 * tangent * cosine, [&](std::uint32_t i, const SkyStar& star) {
    double u, v;
    if (static_cast<int>(i) >= most || !solution.pose.project(index.direction(static_cast<int>(i)), u, v)) return;
    if (u < field.left || u > field.right || v < field.top || v > field.bottom) return;
    ++found.all;
    if (star.magnitude > middle) return;
    ++found.bright;
    if (!std::binary_search(taken.begin(), taken.end(), static_cast<int>(i))) ++found.missing;
  });
  return found;
}

/// Of a star of the frame to have one of the predicted stars within its reach by chance.
double chanceOf(const SeenField& field, double lens, const Predicted& predicted, const Solution& solution) {
  double chance = 0;
  for (const SeenStar& star : field.stars) {
    const double reach = solution.pose.scale * reachOf(star, solution.pose, solution.fit, lens);
    chance += std::numbers::pi * reach * reach / field.area();
  }
  return std::clamp(chance / static_cast<double>(field.stars.size()) * std::max(predicted.all, 3), 1e-12, 0.9);
}

double chanceOf(const SkyIndex& index, const SeenField& field, double lens, const Solution& solution) {
  const Predicted predicted = predict(index, field, solution, zeroPoint(index, field, solution.matches));
  return chanceOf(field, lens, predicted, solution);
}

/// Natural logarithm of how much better chance explains the distances of the matches than the errors of the stars do;
/// 0 where it does not. By chance they are spread evenly over the gate, else normally. Of a lens that is known.
double looseness(const Solution& solution) {
  const double room = static_cast<double>(solution.matches.size()) * std::log(kGate * kGate / 2);
  return std::max(0.0, solution.fit.chi2 / 2 - room);
}

/// Stars beyond those that made the pose count: two, or four where the lens was fitted too, each with the chance that
/// one of the predicted is as near.
double judge(const SkyIndex& index, const SeenField& field, double lens, const Solution& solution) {
  const Predicted predicted = predict(index, field, solution, zeroPoint(index, field, solution.matches));
  const int used = field.isLensFree() ? 4 : 2;
  const int count = static_cast<int>(field.stars.size());
  const double p = chanceOf(field, lens, predicted, solution);
  const double misses = std::max(0.0, predicted.missing - kMissing * predicted.bright);
  const double chance = logTail(count - used, static_cast<int>(solution.matches.size()) - used, p);
  // What a lens bends beyond its one term is spread as it likes.
  const double loose = field.isLensFree() ? 0 : looseness(solution);
  return chance + kMissCost * misses + loose;
}

/// Matches and fits in turns. False where too few stars are left.
bool settle(const SkyIndex& index, const SeenField& field, std::size_t least, double& lens, Solution& solution) {
  for (int round = 0; round < kRounds; ++round) {
    const double zero = zeroPoint(index, field, solution.matches);
    std::vector<StarMatch> matches = match(index, field, solution.pose, solution.fit, lens, zero);
    if (matches.size() < least) return false;
    const bool isSame =
        field.lens == 0 && std::equal(matches.begin(), matches.end(), solution.matches.begin(), solution.matches.end(),
                                      [](auto& a, auto& b) { return a.seen == b.seen && a.known == b.known; });
    solution.matches = std::move(matches);
    if (isSame) break;
    lens *= kShrink;
    if (!fitMatches(index, field, lens, solution)) return false;
  }
  return true;
}

/// The fit with its covariance as large as the residuals say: false matches among the first have pulled it.
PoseFit humbled(const Solution& solution) {
  PoseFit fit = solution.fit;
  const double freedom = std::max(1.0, 2.0 * static_cast<double>(solution.matches.size()) - 3);
  for (double& entry : fit.covariance) entry *= std::max(1.0, fit.chi2 / freedom);
  return fit;
}

/// Whether a lens can be like this: its axis is well within the frame, and it does not fold over there.
bool isPossible(const SeenField& field, const Pose& pose) {
  const double corner = std::hypot(std::max(std::abs(field.left), std::abs(field.right)),
                                   std::max(std::abs(field.top), std::abs(field.bottom)));
  const double centre = std::hypot(pose.centreU, pose.centreV), reach = (corner + centre) / pose.scale;
  return centre <= kFarthestAxis * corner && 1 + 3 * pose.bend * reach * reach > 0.5;
}

}  // namespace

Vector3 apparent(const Vector3& direction, const Vector3& velocity) {
  const double x = direction[0] + velocity[0], y = direction[1] + velocity[1], z = direction[2] + velocity[2];
  const double length = std::sqrt(x * x + y * y + z * z);
  return {x / length, y / length, z / length};
}

bool verifyPose(const SkyIndex& index, const SeenField& field, Solution& solution) {
  double lens = field.lens;
  if (!fitMatches(index, field, lens, solution)) return false;
  if (!settle(index, field, kLeastMatches, lens, solution)) return false;
  if (field.isLensFree() && !isPossible(field, solution.pose)) return false;
  solution.logChance = judge(index, field, lens, solution);
  return true;
}

bool followPose(const SkyIndex& index, const SeenField& field, double zero, Solution& solution) {
  double lens = field.lens, chance = 1;
  PoseFit fit = solution.fit;
  for (int round = 0; round < kRounds; ++round) {
    solution.matches = match(index, field, solution.pose, fit, lens, zero);
    if (solution.matches.size() < kLeastFollowed) return false;
    if (round == 0) chance = chanceOf(index, field, lens, solution);
    if (!fitMatches(index, field, lens, solution)) return false;
    fit = humbled(solution);
  }
  if (!settle(index, field, kLeastFollowed, lens, solution)) return false;
  solution.logChance = logTail(static_cast<int>(field.stars.size()), static_cast<int>(solution.matches.size()), chance);
  return true;
}

}  // namespace perifocal
