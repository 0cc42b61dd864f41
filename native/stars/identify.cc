#include "stars/identify.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

namespace perifocal {
namespace {

/// Standard deviations within which an angle between two stars, or the place of a third, agrees.
constexpr double kGate = 3.4;
/// Of the difference of two brightnesses, in their standard deviations.
constexpr double kMagnitudeGate = 3.5 * std::numbers::sqrt2;
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
};
constexpr Round kRounds[] = {{6, 4, 3, 0.25}, {10, 8, 5, 0.5}, {16, 24, 8, 1}, {64, 1e9, 64, 1}};

struct Double3 {
  double x, y, z;
};

double dotOf(const Double3& a, const Double3& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
Double3 crossOf(const Double3& a, const Double3& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
Double3 of(const SkyStar& star) { return {star.x, star.y, star.z}; }

/// The direction of a seen star for a camera of 1 / q times the nominal focal length.
Double3 directionOf(const SeenStar& star, double q) {
  const double u = q * star.u, v = q * star.v, length = 1 / std::sqrt(u * u + v * v + 1);
  return {u * length, v * length, length};
}

double chordOf(const SeenStar& a, const SeenStar& b, double q) {
  const Double3 one = directionOf(a, q), other = directionOf(b, q);
  return std::sqrt((one.x - other.x) * (one.x - other.x) + (one.y - other.y) * (one.y - other.y) +
                   (one.z - other.z) * (one.z - other.z));
}

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
        if (!searchPairs(round)) return finish();
      }
    }
    return finish();
  }

 private:
  void setField(bool isMirrored, const Round& round) {
    field_ = request_.field;
    isMirrored_ = isMirrored;
    lens_ = round.lens * field_.lens;
    const Vector3& v = field_.velocity;
    shift_ = std::sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
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

  bool searchPair(SeenPair pair, const Round& round) {
    if (team_.cancelled()) return false;
    const SeenStar &a = field_.stars[pair.i], &b = field_.stars[pair.j];
    pair.sigma = std::sqrt((a.uu + a.vv + b.uu + b.vv) / 2);
    for (std::size_t tier = 0; tier < index_.tiers().size(); ++tier) {
      if (!searchTier(pair, round, index_.tiers()[tier])) return false;
    }
    return true;
  }

  bool searchTier(const SeenPair& pair, const Round& round, const StarPairs& pairs) {
    const SeenStar &a = field_.stars[pair.i], &b = field_.stars[pair.j];
    const double room = kGate * pair.sigma + shift_ + lens_;
    const double low = chordOf(a, b, 1 / request_.highScale) - room / request_.highScale;
    const double high = chordOf(a, b, 1 / request_.lowScale) + room / request_.lowScale;
    if (high < pairs.shape().narrowest || low > pairs.shape().widest) return true;
    const double share = field_.area() / (request_.highScale * request_.highScale) / (4 * std::numbers::pi);
    const double limit = std::min<double>(pairs.seeds(), round.depth * (pair.j + 2) / share);
    return pairs.visit(std::max(low, pairs.shape().narrowest), high, static_cast<int>(limit),
                       [&](const StarPair& known) {
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
    const Double3 from = of(one), to = of(other);
    const double chord = std::sqrt(2 * std::max(0.0, 1 - dotOf(from, to)));
    if (chord < low || chord > high) return true;
    if ((hypotheses_ & 1023) == 0 && !mayGoOn()) return false;
    Frame frame;
    if (!setFrame(pair, first, second, chord, (zeroA + zeroB) / 2, frame)) return true;
    int tested = 0;
    const int count = static_cast<int>(field_.stars.size());
    for (int k = 0; k < count && tested < round.tests; ++k) {
      if (k == pair.i || k == pair.j) continue;
      ++tested;
      if (supporter(frame, k).known >= 0) return examine(pair, first, second, frame);
    }
    return true;
  }

  /// What a hypothesis knows: the pair in the frame and in the sky.
  struct Frame {
    double q;                     ///< nominal over true focal length
    Double3 seenA, seenB, seenN;  ///< in the sensor; N is A x B
    Double3 skyA, skyB, skyN;
    double c, s2;  ///< cosine of the angle between A and B, square of its sine
    double varA, varB;
    double zero;  ///< of magnitudes
  };

  bool setFrame(const SeenPair& pair, int first, int second, double chord, double zero, Frame& frame) const {
    const SeenStar &a = field_.stars[pair.i], &b = field_.stars[pair.j];
    frame.q = scaleOf(a, b, chord);
    if (!(frame.q > 0)) return false;
    frame.seenA = directionOf(a, frame.q);
    frame.seenB = directionOf(b, frame.q);
    frame.seenN = crossOf(frame.seenA, frame.seenB);
    frame.c = dotOf(frame.seenA, frame.seenB);
    frame.s2 = dotOf(frame.seenN, frame.seenN);
    frame.skyA = of(index_.star(first));
    frame.skyB = of(index_.star(second));
    frame.skyN = crossOf(frame.skyA, frame.skyB);
    frame.varA = (a.uu + a.vv) / 2;
    frame.varB = (b.uu + b.vv) / 2;
    frame.zero = zero;
    return frame.s2 > 0;
  }

  /// 1 over the scale at which the pair has this chord; 0 where it is not possible.
  double scaleOf(const SeenStar& a, const SeenStar& b, double chord) const {
    const double least = 1 / request_.highScale, most = 1 / request_.lowScale;
    if (!(most > least)) return least;
    double q = std::sqrt(least * most);
    for (int step = 0; step < 4; ++step) q *= chord / chordOf(a, b, q);
    return std::clamp(q, least, most);
  }

  struct Support {
    int known;
    double reach;  ///< chord within which it was looked for
  };

  /// The known star where the pair has the seen star k.
  Support supporter(const Frame& frame, int k) const {
    const SeenStar& star = field_.stars[k];
    const Double3 d = directionOf(star, frame.q);
    const double da = dotOf(d, frame.seenA), db = dotOf(d, frame.seenB);
    const double alpha = (da - frame.c * db) / frame.s2, beta = (db - frame.c * da) / frame.s2;
    const double gamma = dotOf(d, frame.seenN) / frame.s2;
    const double g2 = gamma * gamma;
    const double variance =
        (alpha * alpha + g2) * frame.varA + (beta * beta + g2) * frame.varB + (star.uu + star.vv) / 2;
    const double far = 1 + std::abs(alpha) + std::abs(beta) + std::abs(gamma);
    const double reach = frame.q * (kGate * std::sqrt(variance) + lens_ * far / 2) + shift_;
    const double gate = kMagnitudeGate * field_.magnitudeSigma, magnitude = star.magnitude + frame.zero;
    const auto place = [&](double a, double b, double n) {
      return static_cast<float>(alpha * a + beta * b + gamma * n);
    };
    const int known = index_.grid().nearest(place(frame.skyA.x, frame.skyB.x, frame.skyN.x),
                                            place(frame.skyA.y, frame.skyB.y, frame.skyN.y),
                                            place(frame.skyA.z, frame.skyB.z, frame.skyN.z), static_cast<float>(reach),
                                            static_cast<float>(magnitude - gate), static_cast<float>(magnitude + gate));
    return {known, std::min(reach, static_cast<double>(SkyGrid::kReach))};
  }

  /// All stars of the frame. False where the search has ended.
  bool examine(const SeenPair& pair, int first, int second, const Frame& frame) {
    std::vector<StarMatch>& matches = matches_;
    matches.clear();
    matches.push_back({pair.i, first});
    matches.push_back({pair.j, second});
    double evidence = 0;
    const double gate = kMagnitudeGate * field_.magnitudeSigma;
    for (int k = 0; k < static_cast<int>(field_.stars.size()); ++k) {
      if (k == pair.i || k == pair.j) continue;
      const auto [known, reach] = supporter(frame, k);
      if (known < 0 || known == first || known == second) continue;
      const double magnitude = field_.stars[k].magnitude + frame.zero;
      const int rivals = index_.countBrighter(magnitude + gate) - index_.countBrighter(magnitude - gate);
      // Twice the mean density of the sky, as in the Milky Way.
      evidence -= std::log(std::min(0.9, 2 * rivals * reach * reach / 4));
      matches.push_back({k, known});
    }
    if (static_cast<int>(matches.size()) < 2 + kLeastHits || evidence < kEvidence) return true;
    return verify(pair, first, second, frame);
  }

  bool verify(const SeenPair& pair, int first, int second, const Frame& frame) {
    Solution solution;
    solution.matches = matches_;
    const auto vectorOf = [](const Double3& d) { return Vector3{d.x, d.y, d.z}; };
    solution.pose.rotation =
        alignPair(index_.direction(first), index_.direction(second), vectorOf(frame.seenA), vectorOf(frame.seenB));
    solution.pose.scale = 1 / frame.q;
    (void)pair;
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
  double lens_ = 0, shift_ = 0, best_ = 0;
  Pose bestPose_;
  std::vector<StarMatch> matches_;
  std::int64_t hypotheses_ = 0;
  Identification result_;
};

}  // namespace

Identification identifyStars(const SkyIndex& index, const IdentifyRequest& request, Team& team) {
  return Search(index, request, team).run();
}

}  // namespace perifocal
