// The pairs of the catalogue that a pair of a frame may be.
#pragma once

#include <utility>
#include <vector>

#include "stars/identify.h"
#include "stars/search_limits.h"
#include "stars/verdict.h"

namespace perifocal {

/// How thoroughly pairs are tried.
struct Effort {
  double depth;  ///< times as many known stars as a star has rank
  int tests;     ///< stars of which one must support a pair
  double lens;   ///< part of the room for the lens
};

/// Tries pairs of one frame, or of its mirror image.
class PairSearch {
 public:
  PairSearch(const SkyIndex& index, const IdentifyRequest& request, const SeenField& field, const Effort& effort,
             Verdict& verdict, SearchLimits& limits);

  /// Tries all pairs of the brightest stars of the frame. False where the search has ended.
  bool tryBrightest(int seeds);

 private:
  double limitOf(int rank) const;
  bool tryAll(int i, int j);
  bool tryTier(const StarPairs& pairs);
  bool tryPair(int first, int second);
  bool isSupported(const KnownBasis& known);
  bool setBasis(double chord);

  const SkyIndex& index_;
  const IdentifyRequest& request_;
  const SeenField& field_;
  const Effort effort_;
  Verdict& verdict_;
  SearchLimits& limits_;
  Room room_;
  int i_ = 0, j_ = 0;                  ///< the pair of the frame
  double shortest_ = 0, longest_ = 0;  ///< chords that it may have in the catalogue
  SeenBasis basis_;
  std::vector<Relative> places_;  ///< of the stars that may support the pair, as far as they were asked for
};

}  // namespace perifocal
