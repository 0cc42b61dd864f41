// Pairs of bright stars by the angle between them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "runtime/team.h"
#include "stars/sky_grid.h"

namespace perifocal {

/// Indices of two stars; the second is the brighter one.
struct StarPair {
  std::uint16_t faint, bright;
};

/// The stars of a catalogue, brightest first, and the same by direction.
struct SkyStars {
  std::span<const SkyStar> stars;
  const SkyGrid& grid;
};

/// What is kept of the pairs: of the brightest stars, as many as the capacity allows.
struct PairShape {
  double narrowest, widest;  ///< chords
  int capacity;              ///< pairs
};

/// Pairs sorted by their chord into narrow bins (a k-vector, Mortari 1997); in a bin by the fainter star.
class StarPairs {
 public:
  static std::size_t bytes(const PairShape& shape);

  /// Incomplete once the team's call is cancelled.
  StarPairs(const SkyStars& sky, const PairShape& shape, Team& team);

  const PairShape& shape() const { return shape_; }
  /// The brightest stars whose pairs are here.
  int seeds() const { return seeds_; }

  /// Calls `visit(pair)` for all pairs of chords from `low` to `high`, and some more, of stars before `limit`. Ends
  /// when it answers false.
  template <class Visit>
  bool visit(double low, double high, int limit, Visit visit) const {
    const int last = binOf(high);
    for (int bin = binOf(low); bin <= last; ++bin) {
      for (std::uint32_t i = starts_[bin]; i < starts_[bin + 1] && pairs_[i].faint < limit; ++i) {
        if (!visit(pairs_[i])) return false;
      }
    }
    return true;
  }

 private:
  /// Of a chord: about 5 arc seconds.
  static constexpr double kBin = 2.5e-5;
  static int binsOf(const PairShape& shape);

  int binOf(double chord) const;
  template <class Visit>
  void visitNeighbours(const SkyStars& sky, int star, Visit visit) const;
  void choose(const SkyStars& sky, Team& team);

  PairShape shape_;
  int seeds_ = 0;
  std::vector<std::uint32_t> starts_;
  std::vector<StarPair> pairs_;
};

}  // namespace perifocal
