// Whether samples are defects: single ones, or some side by side, no member of which a blurred scene can have.
#pragma once

#include <cstdint>
#include <vector>

#include "deconvolution/departures.h"

namespace perifocal {

/// Departures of the samples in a small box, as they are now; 0 outside the frame.
class Patch {
 public:
  /// Of a box of kMost x kMost samples at most.
  Patch(const DefectFrame& frame, int left, int top, int right, int bottom);

  const float* at(int x, int y) const { return departures_ + (y - top_) * kMost + x - left_; }
  static constexpr int kMost = 20;

 private:
  int left_, top_;
  float departures_[kMost * kMost];
};

/// What is wrong at a place.
struct Verdict {
  const Cluster* cluster = nullptr;    ///< null: nothing that can be told
  float gain = 0;                      ///< how much of the departures around is explained by it
  float departures[Cluster::kMost]{};  ///< of its members, from what is around all of them
};

class Hypotheses {
 public:
  /// @param noise of departures
  Hypotheses(const DefectFrame& frame, float noise);

  /// Members of a cluster are possible up to this, and up to a share of a spread beyond it.
  float leastLimit(const Cluster& cluster, int member) const;
  /// Of what may be a defect: less than the share of what is one.
  static float leastShareOf(const Cluster& cluster);
  /// The same of every member of a cluster, by its number: the share of the spread of the quietest side. Those that
  /// have other members on all sides have no limit: they are left out with them.
  struct Limits {
    float least[Cluster::kMost], share[Cluster::kMost];
  };
  const Limits& limitsOf(int index) const { return limits_[index]; }

  /// Whether the cluster that begins at a place is one of defects. `departures` are those at the place and around;
  /// places of one strip must not be asked for by several threads at once.
  Verdict judge(const Cluster& cluster, int x, int y, const float* departures, std::ptrdiff_t pitch);
  /// That which explains most, of all clusters that begin there.
  Verdict best(int x, int y, const float* departures, std::ptrdiff_t pitch);

  /// To be told before samples at and around a place are replaced.
  void prepareToReplace(int x, int y) { noise_.measureAround(x, y); }

  static std::size_t bytes(int width, int height) { return DepartureNoise::bytes(width, height); }

 private:
  /// Places around a cluster, from its first pixel.
  struct Ring {
    static constexpr int kMost = 2 * Prediction::kSide * Prediction::kSide;
    int count = 0;
    std::int8_t x[kMost], y[kMost];
  };
  static Ring ringOf(const Cluster& cluster);
  Limits limitsOf(const Cluster& cluster) const;
  bool areKnown(const Cluster& cluster, int x, int y) const;
  float excessOf(const Verdict& verdict, int x, int y);
  float noiseOf(const Verdict& verdict, int member, int x, int y);
  const Limits& limitsAt(const Cluster& cluster) const;
  const Ring& ringAt(const Cluster& cluster) const;
  float spreadAround(const Cluster& cluster, int x, int y) const;
  bool isAlone(const Verdict& verdict, float spread, int x, int y);
  float leftAround(const Verdict& verdict, int x, int y) const;
  bool areSidesQuiet(const Cluster& cluster, int x, int y, float most) const;
  float sideSpread(int x, int y) const;

  const DefectFrame& frame_;
  DepartureNoise noise_;
  std::vector<Ring> rings_;
  std::vector<Limits> limits_;
};

}  // namespace perifocal
