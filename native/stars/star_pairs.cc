#include "stars/star_pairs.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace perifocal {
namespace {

constexpr int kMostSeeds = 65535;

}  // namespace

int StarPairs::binsOf(const PairShape& shape) { return static_cast<int>((shape.widest - shape.narrowest) / kBin) + 1; }

std::size_t StarPairs::bytes(const PairShape& shape) {
  return sizeof(std::uint32_t) * (2 * binsOf(shape) + 2) + sizeof(StarPair) * shape.capacity;
}

int StarPairs::binOf(double chord) const {
  return static_cast<int>(std::clamp((chord - shape_.narrowest) / kBin, 0.0, static_cast<double>(binsOf(shape_) - 1)));
}

/// Calls `visit(brighter, chord)` for the brighter stars within the chords.
template <class Visit>
void StarPairs::visitNeighbours(const SkyStars& sky, int star, Visit visit) const {
  const SkyStar& one = sky.stars[star];
  const double square = shape_.widest * shape_.widest, cosine = 1 - square / 2;
  const double sine = shape_.widest * std::sqrt(std::max(0.0, 1 - square / 4));
  sky.grid.visitCone({one.x, one.y, one.z}, cosine, sine, [&](std::uint32_t other, const SkyStar& two) {
    if (static_cast<int>(other) >= star) return;
    const double dx = one.x - two.x, dy = one.y - two.y, dz = one.z - two.z;
    const double chord = std::sqrt(dx * dx + dy * dy + dz * dz);
    if (chord >= shape_.narrowest && chord <= shape_.widest) visit(static_cast<int>(other), chord);
  });
}

StarPairs::StarPairs(const SkyStars& sky, const PairShape& shape, Team& team)
    : shape_(shape), starts_(binsOf(shape) + 1) {
  choose(sky, team);
  std::uint32_t sum = 0;
  for (std::uint32_t& start : starts_) sum += std::exchange(start, sum);
  pairs_.resize(sum);
  std::vector<std::uint32_t> next(starts_);
  for (int star = 0; star < seeds_ && !team.cancelled(); ++star) {
    visitNeighbours(sky, star, [&](int other, double chord) {
      pairs_[next[binOf(chord)]++] = {static_cast<std::uint16_t>(star), static_cast<std::uint16_t>(other)};
    });
  }
}

/// Counts the pairs of every bin, star by star, until there would be too many.
void StarPairs::choose(const SkyStars& sky, Team& team) {
  const int most = static_cast<int>(std::min<std::size_t>(sky.stars.size(), kMostSeeds));
  std::vector<int> bins;
  std::size_t count = 0;
  for (; seeds_ < most && !team.cancelled(); ++seeds_) {
    bins.clear();
    visitNeighbours(sky, seeds_, [&](int, double chord) { bins.push_back(binOf(chord)); });
    count += bins.size();
    if (count > static_cast<std::size_t>(shape_.capacity)) return;
    for (int bin : bins) ++starts_[bin];
  }
}

}  // namespace perifocal
