#include "stars/pair_order.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace perifocal {
namespace {

/// Few pairs of the catalogue are as close as close ones of the frame. But these say less of where other stars are, so
/// that known ones are near by chance, and all stars of the frame are looked at.
double costOf(const SeenField& field, const Room& room, int i, int j, std::span<const double> limits) {
  const SeenStar &a = field.stars[i], &b = field.stars[j];
  const double chord = std::max(1e-9, std::hypot(a.u - b.u, a.v - b.v));
  const double error = kPlaceGate * std::sqrt((a.uu + a.vv + b.uu + b.vv) / 2) + room.shift;
  const double reach = error * std::sqrt(field.area()) / chord;
  const double chance = std::min(1.0, limits[j] / 4 * reach * reach);
  return limits[i] * limits[j] * chord * error * (1 + chance * static_cast<double>(field.stars.size()));
}

}  // namespace

std::vector<SeenPair> orderPairs(const SeenField& field, const Room& room, std::span<const double> limits) {
  std::vector<SeenPair> pairs;
  for (int j = 1; j < static_cast<int>(limits.size()); ++j) {
    for (int i = 0; i < j; ++i) {
      const double cost = room.lens > 0 ? i + j : costOf(field, room, i, j, limits);
      pairs.push_back({i, j, cost});
    }
  }
  std::sort(pairs.begin(), pairs.end(), [](const SeenPair& a, const SeenPair& b) {
    if (a.cost != b.cost) return a.cost < b.cost;
    return a.j != b.j ? a.j < b.j : a.i < b.i;
  });
  return pairs;
}

}  // namespace perifocal
