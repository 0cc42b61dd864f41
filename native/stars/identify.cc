#include "stars/identify.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <utility>

#include "stars/pair_frame.h"

namespace perifocal {
namespace {

/// Natural logarithm of the evidence that a pair needs from other stars before its pose is fitted.
constexpr double kEvidence = 10;
constexpr int kLeastHits = 2;
/// Two poses within this angle are one.
constexpr double kSame = 0.01;
/// Natural logarithm of the odds within which two solutions are alike.
constexpr double kAlike = 7;

/// Rounds look deeper each time: at more pairs of the frame, fainter stars of the catalogue, more stars to support it.
struct Round {
  int seeds;     ///< the brightest stars of the frame
  double depth;  ///< times as many known stars as a star has rank
  int tests;     ///< stars of which one must support a pair
  double lens;   ///< part of the room for the lens
  bool isVote;   ///< whether known stars are elected for each seen one first
};
constexpr Round kRounds[] = {{6, 4, 3, 0.25, false},
                             {64, 1e9, 12, 0.25, true},
                             {10, 8, 5, 0.5, false},
                             {16, 24, 8, 1, false},
                             {64, 1e9, 64, 1, false}};
/// Known stars that a seen one may be by the votes of the others.
constexpr int kElected = 16;
/// Pairs of the catalogue that may vote on one star: more of them agree with everything.
constexpr std::int64_t kMostVotes = 400'000;

/// One pair of the frame.
struct SeenPair {
  int i, j;
  double sigma;  ///< of its angle, in tangents
};

/// One search; `field` is the frame or its mirror image.
class Search {
 public:
  Search(const SkyIndex& index, const IdentifyRequest& request, Team& team)
      : index_(index), request_(request), team_(team), begin_(std::chrono::steady_clock::now()) {}

  Identification run() {
    if (request_.field.stars.size() < 4) {
      result_.end = IdentifyEnd::kTooFew;
      return finish();
    }
    for (const Round& round : kRounds) {
      for (const bool isMirrored : {false, true}) {
        if (isMirrored ? !request_.tryMirrored : !request_.tryUpright) continue;
        setField(isMirrored, round);
        if (!(round.isVote ? searchAnchors(round) : searchPairs(round))) return finish();
      }
    }
    return finish();
  }

 private:
  void setField(bool isMirrored, const Round& round) {
    field_ = request_.field;
    isMirrored_ = isMirrored;
    const Vector3& v = field_.velocity;
    room_ = {round.lens * field_.lens, std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]), field_.magnitudeSigma};
    if (!isMirrored) return;
    for (SeenStar& star : field_.stars) {
      star.u = -star.u;
      star.uv = -star.uv;
    }
    field_.left = -request_.field.right;
    field_.right = -request_.field.left;
  }

  Identification finish() {
    const bool isWide = result_.end == IdentifyEnd::kNothingFits && isAmbiguous_;
    if (isWide) result_.end = IdentifyEnd::kAmbiguous;
    result_.hypotheses = hypotheses_;
    return std::move(result_);
  }

  /// False where the search has ended. Pairs in the order of the sum of their ranks.
  bool searchPairs(const Round& round) {
    const int seeds = std::min<int>(round.seeds, static_cast<int>(field_.stars.size()));
    for (int sum = 1; sum <= 2 * seeds - 3; ++sum) {
      for (int i = std::max(0, sum - seeds + 1); 2 * i < sum; ++i) {
        if (!searchPair({i, sum - i, 0}, round)) return false;
      }
    }
    return true;
  }

  /// Every pair of a seen star with another votes for the known stars of pairs of that angle: the right one gets a vote
  /// of every real star, however many are false. False where the search has ended.
  bool searchAnchors(const Round& round) {
    const int count = static_cast<int>(field_.stars.size());
    for (int anchor = 0; anchor < std::min(round.seeds, count); ++anchor) {
      for (std::size_t tier = 0; tier < index_.tiers().size(); ++tier) {
        if (!elect(anchor, index_.tiers()[tier])) continue;
        if (!searchElected(anchor, index_.tiers()[tier], round)) return false;
      }
    }
    return true;
  }

  /// Calls `visit(j, known, low, high)` for the pairs of the catalogue that may be a seen star and another.
  template <class Visit>
  bool visitPartners(int anchor, const StarPairs& pairs, Visit visit) {
    for (int j = 0; j < static_cast<int>(field_.stars.size()); ++j) {
      if (j == anchor) continue;
      if (team_.cancelled()) return false;
      const auto [low, high] = chordsOf(withSigma({anchor, j, 0}));
      if (high < pairs.shape().narrowest || low > pairs.shape().widest) continue;
      const bool goesOn = pairs.visit(low, high, pairs.seeds(), [&, low = low, high = high](const StarPair& known) {
        return visit(j, known, low, high);
      });
      if (!goesOn) return false;
    }
    return true;
  }

  /// Marks the known stars with the most votes; false where too many pairs vote.
  bool elect(int anchor, const StarPairs& pairs) {
    votes_.assign(pairs.seeds(), 0);
    const std::int64_t most = std::min(kMostVotes, request_.mostHypotheses - hypotheses_);
    std::int64_t visited = 0;
    const bool isDone = visitPartners(anchor, pairs, [&](int, const StarPair& known, double, double) {
      ++votes_[known.faint];
      ++votes_[known.bright];
      return ++visited < most;
    });
    if (!isDone || visited == 0) return false;
    hypotheses_ += visited;  // all of them were looked at
    int histogram[256] = {};
    for (const std::uint16_t votes : votes_) ++histogram[std::min<int>(votes, 255)];
    int least = 255;
    for (int above = histogram[255]; least > 1 && above + histogram[least - 1] <= kElected;)
      above += histogram[--least];
    least_ = least;
    return true;
  }

  bool searchElected(int anchor, const StarPairs& pairs, const Round& round) {
    return visitPartners(anchor, pairs, [&](int j, const StarPair& known, double low, double high) {
      const SeenPair pair = withSigma({anchor, j, 0});
      if (votes_[known.bright] >= least_ && !tryPair(pair, known.bright, known.faint, low, high, round)) return false;
      return votes_[known.faint] < least_ || tryPair(pair, known.faint, known.bright, low, high, round);
    });
  }

  SeenPair withSigma(SeenPair pair) const {
    const SeenStar &a = field_.stars[pair.i], &b = field_.stars[pair.j];
    pair.sigma = std::sqrt((a.uu + a.vv + b.uu + b.vv) / 2);
    return pair;
  }

  /// The chords that a pair may have in the catalogue.
  std::pair<double, double> chordsOf(const SeenPair& pair) const {
    const SeenStar &a = field_.stars[pair.i], &b = field_.stars[pair.j];
    const double room = kPlaceGate * pair.sigma + room_.shift + room_.lens;
    return {chordOf(a, b, 1 / request_.highScale) - room / request_.highScale,
            chordOf(a, b, 1 / request_.lowScale) + room / request_.lowScale};
  }

  bool searchPair(SeenPair pair, const Round& round) {
    if (team_.cancelled()) return false;
    pair = withSigma(pair);
    for (std::size_t tier = 0; tier < index_.tiers().size(); ++tier) {
      if (!searchTier(pair, round, index_.tiers()[tier])) return false;
    }
    return true;
  }

  bool searchTier(const SeenPair& pair, const Round& round, const StarPairs& pairs) {
    const auto [low, high] = chordsOf(pair);
    if (high < pairs.shape().narrowest || low > pairs.shape().widest) return true;
    const double share = field_.area() / (request_.highScale * request_.highScale) / (4 * std::numbers::pi);
    const double limit = std::min<double>(pairs.seeds(), round.depth * (pair.j + 2) / share);
    return pairs.visit(std::max(low, pairs.shape().narrowest), high, static_cast<int>(limit),
                       [&, low = low, high = high](const StarPair& known) {
                         return tryPair(pair, known.bright, known.faint, low, high, round) &&
                                tryPair(pair, known.faint, known.bright, low, high, round);
                       });
  }

  /// False where the search has ended.
  bool tryPair(const SeenPair& pair, int first, int second, double low, double high, const Round& round) {
    const SeenStar &a = field_.stars[pair.i], &b = field_.stars[pair.j];
    const SkyStar &one = index_.star(first), &other = index_.star(second);
    ++hypotheses_;
    const double zeroA = one.magnitude - a.magnitude, zeroB = other.magnitude - b.magnitude;
    if (std::abs(zeroA - zeroB) > kMagnitudeGate * field_.magnitudeSigma) return true;
    const double dx = one.x - other.x, dy = one.y - other.y, dz = one.z - other.z;
    const double chord = std::sqrt(dx * dx + dy * dy + dz * dz);
    if (chord < low || chord > high) return true;
    if (++sinceLook_ >= 1024 && !mayGoOn()) return false;
    PairFrame frame;
    if (!frame.set(index_, a, b, first, second, scaleOf(a, b, chord), (zeroA + zeroB) / 2)) return true;
    int tested = 0;
    const int count = static_cast<int>(field_.stars.size());
    for (int k = 0; k < count && tested < round.tests; ++k) {
      if (k == pair.i || k == pair.j) continue;
      ++tested;
      if (frame.support(index_, field_.stars[k], room_).known >= 0) return examine(pair, first, second, frame);
    }
    return true;
  }

  /// 1 over the scale at which the pair has this chord.
  double scaleOf(const SeenStar& a, const SeenStar& b, double chord) const {
    const double least = 1 / request_.highScale, most = 1 / request_.lowScale;
    if (!(most > least)) return least;
    double q = std::sqrt(least * most);
    for (int step = 0; step < 4; ++step) q *= chord / chordOf(a, b, q);
    return std::clamp(q, least, most);
  }

  /// All stars of the frame. False where the search has ended.
  bool examine(const SeenPair& pair, int first, int second, const PairFrame& frame) {
    std::vector<StarMatch>& matches = matches_;
    matches.clear();
    matches.push_back({pair.i, first});
    matches.push_back({pair.j, second});
    double evidence = 0;
    const double gate = kMagnitudeGate * field_.magnitudeSigma;
    for (int k = 0; k < static_cast<int>(field_.stars.size()); ++k) {
      if (k == pair.i || k == pair.j) continue;
      const auto [known, reach] = frame.support(index_, field_.stars[k], room_);
      if (known < 0 || known == first || known == second) continue;
      const double magnitude = field_.stars[k].magnitude + frame.zero();
      const int rivals = index_.countBrighter(magnitude + gate) - index_.countBrighter(magnitude - gate);
      // Twice the mean density of the sky, as in the Milky Way.
      evidence -= std::log(std::min(0.9, 2 * rivals * reach * reach / 4));
      matches.push_back({k, known});
    }
    if (static_cast<int>(matches.size()) < 2 + kLeastHits || evidence < kEvidence) return true;
    return verify(first, second, frame);
  }

  bool verify(int first, int second, const PairFrame& frame) {
    Solution solution;
    solution.matches = matches_;
    solution.pose.rotation = frame.rotation(index_, first, second);
    solution.pose.scale = 1 / frame.q();
    if (!verifyPose(index_, field_, solution)) return true;
    const double margin = 0.02 * request_.highScale;
    if (solution.pose.scale < request_.lowScale - margin || solution.pose.scale > request_.highScale + margin) {
      return true;
    }
    const double logFalseAlarm =
        solution.logChance + std::log(static_cast<double>(std::max<std::int64_t>(hypotheses_, 1000)));
    if (logFalseAlarm <= std::log(request_.falsePositive)) {
      const bool hasRival = hasBest_ && best_ <= logFalseAlarm + kAlike && !isNear(bestPose_, solution.pose);
      result_.end = hasRival ? IdentifyEnd::kAmbiguous : IdentifyEnd::kSolved;
      result_.isMirrored = isMirrored_;
      result_.logFalseAlarm = logFalseAlarm;
      result_.solution = std::move(solution);
      return false;
    }
    keep(solution, logFalseAlarm);
    return true;
  }

  /// Keeps the best that was not good enough, and whether another was about as good.
  void keep(const Solution& solution, double logFalseAlarm) {
    if (logFalseAlarm > 0) return;
    const bool isOther = hasBest_ && !isNear(bestPose_, solution.pose);
    if (isOther && std::abs(logFalseAlarm - best_) < kAlike) isAmbiguous_ = true;
    if (hasBest_ && logFalseAlarm >= best_) return;
    if (isOther && logFalseAlarm < best_ - kAlike) isAmbiguous_ = false;
    hasBest_ = true;
    best_ = logFalseAlarm;
    bestPose_ = solution.pose;
  }

  static bool isNear(const Pose& a, const Pose& b) {
    double square = 0;
    for (int i = 0; i < 9; ++i) square += (a.rotation[i] - b.rotation[i]) * (a.rotation[i] - b.rotation[i]);
    return square < 2 * kSame * kSame;
  }

  bool mayGoOn() {
    sinceLook_ = 0;
    if (team_.cancelled()) return false;
    if (hypotheses_ >= request_.mostHypotheses) {
      result_.end = IdentifyEnd::kHypotheses;
      return false;
    }
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin_;
    if (spent.count() < request_.seconds) return true;
    result_.end = IdentifyEnd::kTime;
    return false;
  }

  const SkyIndex& index_;
  const IdentifyRequest& request_;
  Team& team_;
  const std::chrono::steady_clock::time_point begin_;
  SeenField field_;
  bool isMirrored_ = false, isAmbiguous_ = false, hasBest_ = false;
  Room room_{};
  double best_ = 0;
  Pose bestPose_;
  std::vector<StarMatch> matches_;
  std::vector<std::uint16_t> votes_;  ///< of every seed
  int least_ = 0;                     ///< votes of those elected
  int sinceLook_ = 0;
  std::int64_t hypotheses_ = 0;
  Identification result_;
};

}  // namespace

Identification identifyStars(const SkyIndex& index, const IdentifyRequest& request, Team& team) {
  return Search(index, request, team).run();
}

}  // namespace perifocal
