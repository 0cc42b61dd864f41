// In which order the pairs of a frame are tried.
#pragma once

#include <span>
#include <vector>

#include "stars/pair_frame.h"
#include "stars/verify.h"

namespace perifocal {

/// Two stars of a frame, by their places in the order of brightness; the first is the brighter one.
struct SeenPair {
  int i, j;
  double cost;  ///< of trying it, in any unit
};

/// All pairs of the brightest stars, the cheapest first: each star has its turn soon, so that a few bright false ones
/// do not hold up the search. @param limits of these stars: how many of the brightest known stars they may be
std::vector<SeenPair> orderPairs(const SeenField& field, const Room& room, std::span<const double> limits);

}  // namespace perifocal
