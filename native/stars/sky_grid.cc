#include "stars/sky_grid.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace perifocal {
namespace {

/// A place on a face of the cube: coordinates from -1 to 1.
struct FacePlace {
  int face;
  float u, v;
};

/// On the face of the axis of the largest component.
FacePlace placeOf(float x, float y, float z) {
  const float ax = std::abs(x), ay = std::abs(y), az = std::abs(z);
  if (ax >= ay && ax >= az) return {x > 0 ? 0 : 1, y / ax, z / ax};
  if (ay >= az) return {y > 0 ? 2 : 3, x / ay, z / ay};
  return {z > 0 ? 4 : 5, x / az, y / az};
}

}  // namespace

std::size_t SkyGrid::bytes(std::size_t stars) {
  return sizeof(std::uint32_t) * (6 * kSide * kSide + 1 + kMostEntries * stars);
}

/// The cells of all faces that a disk around the star reaches into. A chord r is at most r (1 + u^2 + v^2) on a face.
template <class Visit>
void SkyGrid::visitCells(const SkyStar& star, Visit visit) {
  const float components[3] = {star.x, star.y, star.z};
  for (int face = 0; face < 6; ++face) {
    const int axis = face / 2;
    const float along = (face % 2 == 0 ? 1.0F : -1.0F) * components[axis];
    if (along < 0.5F) continue;
    const float u = components[axis == 0 ? 1 : 0] / along, v = components[axis == 2 ? 1 : 2] / along;
    const float margin = 1.05F * kReach * (1 + u * u + v * v);
    if (std::max(std::abs(u), std::abs(v)) > 1 + margin) continue;
    const auto cellOf = [](float w) {
      return std::clamp(static_cast<int>(std::floor((w + 1) * (kSide / 2.0F))), 0, kSide - 1);
    };
    for (int row = cellOf(v - margin); row <= cellOf(v + margin); ++row) {
      for (int column = cellOf(u - margin); column <= cellOf(u + margin); ++column) {
        visit((face * kSide + row) * kSide + column);
      }
    }
  }
}

SkyGrid::SkyGrid(std::span<const SkyStar> stars) : stars_(stars), starts_(6 * kSide * kSide + 1) {
  for (const SkyStar& star : stars) visitCells(star, [&](int cell) { ++starts_[cell]; });
  std::uint32_t sum = 0;
  for (std::uint32_t& start : starts_) sum += std::exchange(start, sum);
  entries_.resize(sum);
  std::vector<std::uint32_t> next(starts_);
  for (std::uint32_t i = 0; i < stars.size(); ++i) {
    visitCells(stars[i], [&](int cell) { entries_[next[cell]++] = i; });
  }
}

int SkyGrid::nearest(float x, float y, float z, float chord, float bright, float faint) const {
  const FacePlace place = placeOf(x, y, z);
  const auto cellOf = [](float w) { return std::min(static_cast<int>((w + 1) * (kSide / 2.0F)), kSide - 1); };
  const int cell = (place.face * kSide + cellOf(place.v)) * kSide + cellOf(place.u);
  const float reach = std::min(chord, kReach);
  float best = reach * reach;
  int found = -1;
  for (std::uint32_t entry = starts_[cell]; entry < starts_[cell + 1]; ++entry) {
    const SkyStar& star = stars_[entries_[entry]];
    const float dx = star.x - x, dy = star.y - y, dz = star.z - z;
    const float square = dx * dx + dy * dy + dz * dz;
    if (square > best || star.magnitude < bright || star.magnitude > faint) continue;
    best = square;
    found = static_cast<int>(entries_[entry]);
  }
  return found;
}

}  // namespace perifocal
