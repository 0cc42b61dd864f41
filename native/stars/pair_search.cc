#include "stars/pair_search.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "stars/pair_order.h"

namespace perifocal {

PairSearch::PairSearch(const SkyIndex& index, const IdentifyRequest& request, const SeenField& field,
                       const Effort& effort, Verdict& verdict, SearchLimits& limits)
    : index_(index), request_(request), field_(field), effort_(effort), verdict_(verdict), limits_(limits) {
  const Vector3& v = field.velocity;
  room_ = {effort.lens * field.lens, std::hypot(v[0], v[1], v[2]), field.magnitudeSigma};
}

/// The brightest known stars that the one of a rank may be.
double PairSearch::limitOf(int rank) const {
  const double share = field_.area() / (request_.highScale * request_.highScale) / (4 * std::numbers::pi);
  double seeds = 0;
  for (const StarPairs& pairs : index_.tiers()) seeds = std::max<double>(seeds, pairs.seeds());
  return std::min(seeds, effort_.depth * (rank + 2) / share);
}

bool PairSearch::tryBrightest(int seeds) {
  std::vector<double> limits;
  for (int rank = 0; rank < std::min(seeds, static_cast<int>(field_.stars.size())); ++rank) {
    limits.push_back(limitOf(rank));
  }
  for (const SeenPair& pair : orderPairs(field_, room_, limits)) {
    if (!tryAll(pair.i, pair.j)) return false;
  }
  return true;
}

/// All pairs of the catalogue for one of the frame.
bool PairSearch::tryAll(int i, int j) {
  i_ = i;
  j_ = j;
  basis_ = {};
  const SeenStar &a = field_.stars[i], &b = field_.stars[j];
  const double sigma = std::sqrt((a.uu + a.vv + b.uu + b.vv) / 2);
  const double room = kPlaceGate * sigma + room_.shift + room_.lens;
  shortest_ = chordOf(a, b, 1 / request_.highScale) - room / request_.highScale;
  longest_ = chordOf(a, b, 1 / request_.lowScale) + room / request_.lowScale;
  for (const StarPairs& pairs : index_.tiers()) {
    if (!tryTier(pairs)) return false;
  }
  return limits_.look();
}

bool PairSearch::tryTier(const StarPairs& pairs) {
  if (longest_ < pairs.shape().narrowest || shortest_ > pairs.shape().widest) return true;
  return pairs.visit(
      std::max(shortest_, pairs.shape().narrowest), longest_, static_cast<int>(limitOf(j_)),
      [&](const StarPair& known) { return tryPair(known.bright, known.faint) && tryPair(known.faint, known.bright); });
}

bool PairSearch::tryPair(int first, int second) {
  const SeenStar &a = field_.stars[i_], &b = field_.stars[j_];
  const SkyStar &one = index_.star(first), &other = index_.star(second);
  if (!limits_.count()) return false;
  const double zeroA = one.magnitude - a.magnitude, zeroB = other.magnitude - b.magnitude;
  if (std::abs(zeroA - zeroB) > kMagnitudeGate * field_.magnitudeSigma) return true;
  const double dx = one.x - other.x, dy = one.y - other.y, dz = one.z - other.z;
  const double chord = std::sqrt(dx * dx + dy * dy + dz * dz);
  if (chord < shortest_ || chord > longest_ || !setBasis(chord)) return true;
  const KnownBasis known(index_, first, second, (zeroA + zeroB) / 2);
  if (!isSupported(known)) return true;
  verdict_.examine(field_, room_, i_, j_, basis_, known, limits_.hypotheses());
  return verdict_.answer() == Verdict::Answer::kOpen;
}

/// Whether one of the next stars in brightness is where it should be: false stars do not stand at the same places in
/// all rounds.
bool PairSearch::isSupported(const KnownBasis& known) {
  const int count = static_cast<int>(field_.stars.size());
  int k = j_;
  for (int test = 0; test < std::min(effort_.tests, count - 2); ++test) {
    do {
      k = k + 1 < count ? k + 1 : 0;
    } while (k == i_ || k == j_);
    const SeenStar& star = field_.stars[k];
    if (test == static_cast<int>(places_.size())) places_.push_back(basis_.locate(star, room_));
    const int found = known.find(index_, places_[test], star.magnitude, room_);
    if (found >= 0 && found != known.first() && found != known.second()) return true;
  }
  return false;
}

/// For the focal length at which the pair has this chord. False where the stars are at one place.
bool PairSearch::setBasis(double chord) {
  const SeenStar &a = field_.stars[i_], &b = field_.stars[j_];
  const double least = 1 / request_.highScale, most = 1 / request_.lowScale;
  double q = least;
  if (most > least) {
    q = std::sqrt(least * most);
    for (int step = 0; step < 4; ++step) q *= chord / chordOf(a, b, q);
    q = std::clamp(q, least, most);
  }
  if (q == basis_.q()) return true;
  places_.clear();
  return basis_.set(a, b, q);
}

}  // namespace perifocal
