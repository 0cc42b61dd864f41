#include "stars/identify.h"

#include <algorithm>
#include <cmath>
#include <span>

#include "stars/pair_search.h"

namespace perifocal {
namespace {

constexpr std::size_t kLeastStars = 4;

/// Rounds are more thorough each time.
struct Round {
  Effort effort;
  int seeds;  ///< the brightest stars of the frame, whose pairs are tried
};
constexpr Round kRounds[] = {{{4, 3, 0.25}, 6}, {{1e9, 4, 0.25}, 64}, {{1e9, 8, 0.5}, 64}, {{1e9, 64, 1}, 64}};
/// Where the lens is not known, all angles have much room, and pairs of fainter stars fit everywhere.
constexpr Round kLensRounds[] = {{{4, 3, 0.25}, 6}, {{8, 5, 0.5}, 10}, {{24, 8, 1}, 16}, {{1e9, 64, 1}, 64}};

SeenField mirrored(const SeenField& field) {
  SeenField image = field;
  for (SeenStar& star : image.stars) {
    star.u = -star.u;
    star.uv = -star.uv;
  }
  image.left = -field.right;
  image.right = -field.left;
  return image;
}

/// False where the search has ended.
bool searchRound(const SkyIndex& index, const IdentifyRequest& request, const SeenField& field, const Round& round,
                 Verdict& verdict, SearchLimits& limits) {
  PairSearch search(index, request, field, round.effort, verdict, limits);
  return search.tryBrightest(round.seeds);
}

IdentifyEnd endOf(const Verdict& verdict, const SearchLimits& limits) {
  if (verdict.answer() == Verdict::Answer::kSolved) return IdentifyEnd::kSolved;
  if (verdict.answer() == Verdict::Answer::kAmbiguous) return IdentifyEnd::kAmbiguous;
  if (limits.reached() == SearchLimits::Reached::kHypotheses) return IdentifyEnd::kHypotheses;
  if (limits.reached() == SearchLimits::Reached::kTime) return IdentifyEnd::kTime;
  return verdict.hasAlike() ? IdentifyEnd::kAmbiguous : IdentifyEnd::kNothingFits;
}

}  // namespace

Identification identifyStars(const SkyIndex& index, const IdentifyRequest& request, Team& team) {
  Identification result;
  if (request.field.stars.size() < kLeastStars) {
    result.end = IdentifyEnd::kTooFew;
    return result;
  }
  SearchLimits limits(request.mostHypotheses, request.seconds, team);
  Verdict verdict(index, request.falsePositive, request.lowScale, request.highScale);
  const SeenField image = mirrored(request.field);
  bool goesOn = true;
  const std::span<const Round> rounds = request.field.lens > 0 ? std::span(kLensRounds) : std::span(kRounds);
  for (const Round& round : rounds) {
    for (const bool isMirrored : {false, true}) {
      if (!goesOn || (isMirrored ? !request.tryMirrored : !request.tryUpright)) continue;
      goesOn = searchRound(index, request, isMirrored ? image : request.field, round, verdict, limits);
      result.isMirrored = isMirrored;
    }
  }
  result.end = endOf(verdict, limits);
  result.solution = std::move(verdict.solution());
  result.logFalseAlarm = verdict.logFalseAlarm();
  result.hypotheses = limits.hypotheses();
  return result;
}

Identification followStars(const SkyIndex& index, const IdentifyRequest& request, const Expectation& expected) {
  Identification result;
  if (request.field.stars.empty()) {
    result.end = IdentifyEnd::kTooFew;
    return result;
  }
  result.hypotheses = 1;
  Solution& solution = result.solution;
  solution.pose.rotation = expected.rotation;
  solution.fit.covariance = expected.covariance;
  if (!followPose(index, request.field, expected.zero, solution)) return result;
  result.logFalseAlarm = solution.logChance;
  if (solution.logChance <= std::log(request.falsePositive)) result.end = IdentifyEnd::kSolved;
  return result;
}

}  // namespace perifocal
