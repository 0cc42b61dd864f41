#include "deconvolution/hypotheses.h"

#include <algorithm>
#include <cmath>
#include <functional>

namespace perifocal {
namespace {

constexpr int kReach = Prediction::kReach;
/// A departure is impossible beyond so many standard deviations of noise, if the PSF does not make it possible.
constexpr float kNoise = 7;
/// Scenes of many points and edges depart from predictions by more than any one of them: by so much more, measured on
/// clean frames (bench/defects.mjs). All members together are judged where nothing around departs: there a scene, or a
/// wrong kernel, is told from defects by a larger share than any image of light needs.
constexpr float kMargin = 1.5f, kLeastShare = 0.1f, kLeastAloneShare = 0.4f;
/// What is left around defects, once they are replaced, over what they depart by, and in standard deviations of noise.
constexpr float kMostLeft = 0.15f, kNoiseLeft = 4;

bool isNear(const Cluster& cluster, int x, int y, int reach) {
  for (int i = 0; i < cluster.count; ++i) {
    if (std::abs(x - cluster.x[i]) <= reach && std::abs(y - cluster.y[i]) <= reach) return true;
  }
  return false;
}

/// Whether a member has others on all sides: two rows of five above and below, two columns left and right. It is left
/// out with them, whatever it is.
bool isAmid(const Cluster& cluster, int member) {
  bool isTaken[4]{};
  for (int i = 0; i < cluster.count; ++i) {
    const int x = cluster.x[i] - cluster.x[member], y = cluster.y[i] - cluster.y[member];
    if (std::max(std::abs(x), std::abs(y)) > kReach) continue;
    isTaken[0] |= x < 0, isTaken[1] |= x > 0, isTaken[2] |= y < 0, isTaken[3] |= y > 0;
  }
  return std::ranges::all_of(isTaken, std::identity{});
}

/// Of a member's departure, over that of a single sample.
float deviationOf(const Cluster& cluster, int member) { return std::sqrt(cluster.inverse[member][member]); }

/// Of the spread around a cluster: what scenes may depart by.
float shareOf(const Cluster& cluster) { return kMargin * cluster.spreadShare + kLeastShare; }

}  // namespace

Patch::Patch(const DefectFrame& frame, int left, int top, int right, int bottom)
    : left_(left), top_(top), departures_{} {
  for (int y = std::max(0, top); y < std::min(bottom, frame.height()); ++y) {
    for (int x = std::max(0, left); x < std::min(right, frame.width()); ++x) {
      departures_[(y - top) * kMost + x - left] = frame.departure(x, y);
    }
  }
}

Hypotheses::Hypotheses(const DefectFrame& frame, float noise) : frame_(frame), noise_(frame, noise) {
  const Cluster* clusters = frame.request().prediction.clusters;
  for (int i = 0; i < Prediction::kClusters; ++i) {
    rings_.push_back(ringOf(clusters[i]));
    limits_.push_back(limitsOf(clusters[i]));
  }
}

Hypotheses::Limits Hypotheses::limitsOf(const Cluster& cluster) const {
  Limits limits{};
  for (int i = 0; i < cluster.count; ++i) {
    const bool isLeftOut = isAmid(cluster, i);
    limits.least[i] = isLeftOut ? -INFINITY : leastLimit(cluster, i);
    limits.share[i] = isLeftOut ? 0 : leastShareOf(cluster);
  }
  return limits;
}

const Hypotheses::Limits& Hypotheses::limitsAt(const Cluster& cluster) const {
  return limits_[&cluster - frame_.request().prediction.clusters];
}

Hypotheses::Ring Hypotheses::ringOf(const Cluster& cluster) {
  Ring ring;
  for (int y = -kReach; y <= Cluster::kReach + kReach; ++y) {
    for (int x = -Cluster::kLeft - kReach; x <= Cluster::kReach + kReach; ++x) {
      if (isNear(cluster, x, y, 0) || !isNear(cluster, x, y, kReach)) continue;
      ring.x[ring.count] = static_cast<std::int8_t>(x);
      ring.y[ring.count++] = static_cast<std::int8_t>(y);
    }
  }
  return ring;
}

float Hypotheses::leastLimit(const Cluster& cluster, int member) const {
  return kNoise * deviationOf(cluster, member) * noise_.least();
}

float Hypotheses::leastShareOf(const Cluster& cluster) {
  constexpr float kOfLeast = 0.3f;  // the least of several members may depart by less than all of them together
  return kOfLeast * (kMargin * std::min(cluster.spreadShare, cluster.aloneShare) + kLeastShare);
}

Verdict Hypotheses::best(int x, int y, const float* departures, std::ptrdiff_t pitch) {
  const Cluster* clusters = frame_.request().prediction.clusters;
  Verdict best;
  for (int i = 0; i < Prediction::kClusters; ++i) {
    const Verdict verdict = judge(clusters[i], x, y, departures, pitch);
    if (verdict.gain > best.gain) best = verdict;
  }
  return best;
}

Verdict Hypotheses::judge(const Cluster& cluster, int x, int y, const float* departures, std::ptrdiff_t pitch) {
  Verdict verdict{&cluster};
  const Limits& limits = limitsAt(cluster);
  for (int i = 0; i < cluster.count; ++i) {
    for (int k = 0; k < cluster.count; ++k) {
      verdict.departures[i] += cluster.inverse[i][k] * departures[cluster.y[k] * pitch + cluster.x[k]];
    }
    if (std::fabs(verdict.departures[i]) <= limits.least[i]) return {};
    verdict.gain += verdict.departures[i] * departures[cluster.y[i] * pitch + cluster.x[i]];
  }
  if (!areKnown(cluster, x, y)) return {};
  const float excess = excessOf(verdict, x, y), spread = spreadAround(cluster, x, y);
  if (excess <= 0) return {};
  const float share = shareOf(cluster), leastShare = leastShareOf(cluster);
  if (excess > share * spread && areSidesQuiet(cluster, x, y, excess / share)) return verdict;
  if (!areSidesQuiet(cluster, x, y, excess / leastShare) || !isAlone(verdict, spread, x, y)) return {};
  return verdict;
}

/// Whether its samples are there, and all that are around them.
bool Hypotheses::areKnown(const Cluster& cluster, int x, int y) const {
  for (int i = 0; i < cluster.count; ++i) {
    const int u = x + cluster.x[i], v = y + cluster.y[i];
    if (u < 0 || u >= frame_.width() || v >= frame_.height()) return false;
    if (!frame_.isValid(u, v) || frame_.isByUnknown(u, v)) return false;
  }
  return true;
}

/// By how much the least of its members departs by more than noise lets it.
float Hypotheses::excessOf(const Verdict& verdict, int x, int y) {
  const Cluster& cluster = *verdict.cluster;
  float least = INFINITY;
  for (int i = 0; i < cluster.count; ++i) {
    if (isAmid(cluster, i)) continue;
    least = std::min(least, std::fabs(verdict.departures[i]) - kNoise * noiseOf(verdict, i, x, y));
  }
  return least;
}

/// Of a member's departure.
float Hypotheses::noiseOf(const Verdict& verdict, int member, int x, int y) {
  const Cluster& cluster = *verdict.cluster;
  const float sample = frame_.at(x + cluster.x[member], y + cluster.y[member]);
  return deviationOf(cluster, member) * noise_.at(x, y, sample - verdict.departures[member]);
}

const Hypotheses::Ring& Hypotheses::ringAt(const Cluster& cluster) const {
  return rings_[&cluster - frame_.request().prediction.clusters];
}

float Hypotheses::spreadAround(const Cluster& cluster, int x, int y) const {
  const Ring& ring = ringAt(cluster);
  float largest = -INFINITY, least = INFINITY;
  for (int i = 0; i < ring.count; ++i) {
    const float sample = frame_.reflectedAt(x + ring.x[i], y + ring.y[i]);
    largest = std::max(largest, sample), least = std::min(least, sample);
  }
  return largest - least;
}

/// Whether its members together depart by more than scenes do where nothing around them does.
bool Hypotheses::isAlone(const Verdict& verdict, float spread, int x, int y) {
  const Cluster& cluster = *verdict.cluster;
  float squares = 0, noise = 0;
  int count = 0;
  for (int i = 0; i < cluster.count; ++i) {
    if (isAmid(cluster, i)) continue;
    squares += verdict.departures[i] * verdict.departures[i];
    noise = std::max(noise, noiseOf(verdict, i, x, y));
    ++count;
  }
  const float together = std::sqrt(squares / static_cast<float>(count));
  if (together - kNoise * noise <= (kMargin * cluster.aloneShare + kLeastAloneShare) * spread) return false;
  return leftAround(verdict, x, y) <= kMostLeft * together + kNoiseLeft * noise;
}

/// The largest departure around a cluster once its members are what is predicted for them.
float Hypotheses::leftAround(const Verdict& verdict, int x, int y) const {
  const Cluster& cluster = *verdict.cluster;
  const Ring& ring = ringAt(cluster);
  const float* weights = frame_.request().prediction.weights;
  float most = 0;
  for (int i = 0; i < ring.count; ++i) {
    const int u = x + ring.x[i], v = y + ring.y[i];
    if (u < 0 || v < 0 || u >= frame_.width() || v >= frame_.height()) continue;
    float left = frame_.departure(u, v);
    for (int k = 0; k < cluster.count; ++k) {
      const int dx = cluster.x[k] - ring.x[i] + kReach, dy = cluster.y[k] - ring.y[i] + kReach;
      if (std::min(dx, dy) < 0 || std::max(dx, dy) >= Prediction::kSide) continue;
      left += weights[dy * Prediction::kSide + dx] * verdict.departures[k];
    }
    most = std::max(most, std::fabs(left));
  }
  return most;
}

/// Whether the quietest side of each member of several, on which no other one is, if there is one, has less spread.
bool Hypotheses::areSidesQuiet(const Cluster& cluster, int x, int y, float most) const {
  for (int i = 0; i < cluster.count && cluster.count > 1; ++i) {
    if (isAmid(cluster, i)) continue;
    if (sideSpread(x + cluster.x[i], y + cluster.y[i]) >= most) return false;
  }
  return true;
}

/// As kernels do it.
float Hypotheses::sideSpread(int x, int y) const {
  float quietest = INFINITY;
  for (int side = 0; side < 4; ++side) {
    const int direction = side < 2 ? 1 : -1;
    float largest = -INFINITY, least = INFINITY;
    for (int away = 1; away <= kReach; ++away) {
      for (int along = -kReach; along <= kReach; ++along) {
        const int across = direction * away;
        const float sample =
            side % 2 == 0 ? frame_.reflectedAt(x + across, y + along) : frame_.reflectedAt(x + along, y + across);
        largest = std::max(largest, sample), least = std::min(least, sample);
      }
    }
    quietest = std::min(quietest, largest - least);
  }
  return quietest;
}

}  // namespace perifocal
