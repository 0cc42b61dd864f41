#include "stars/sky_grid.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace perifocal {
namespace {

/// Of a coordinate on a face.
constexpr float kRounding = 1e-6F;

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

/// The place of a direction on a face that may be the neighbour of its own; false where it is far from that.
bool placeOn(int face, float x, float y, float z, FacePlace& place) {
  const float components[3] = {x, y, z};
  const int axis = face / 2;
  const float along = (face % 2 == 0 ? 1.0F : -1.0F) * components[axis];
  if (along < 0.5F) return false;
  place = {face, components[axis == 0 ? 1 : 0] / along, components[axis == 2 ? 1 : 2] / along};
  return true;
}

SkyStar directionOf(const FacePlace& place) {
  const float along = place.face % 2 == 0 ? 1.0F : -1.0F;
  const float length = std::sqrt(1 + place.u * place.u + place.v * place.v);
  float parts[3];
  const int axis = place.face / 2;
  parts[axis] = along / length;
  parts[axis == 0 ? 1 : 0] = place.u / length;
  parts[axis == 2 ? 1 : 2] = place.v / length;
  return {parts[0], parts[1], parts[2], 0};
}

/// The best of the stars that were looked at.
struct Nearest {
  float x, y, z, bright, faint, square;
  int index = -1;

  void look(std::span<const SkyStar> stars, const std::uint32_t* indices) {
    for (std::size_t i = 0; i < stars.size(); ++i) {
      const SkyStar& star = stars[i];
      const float dx = star.x - x, dy = star.y - y, dz = star.z - z;
      const float distance = dx * dx + dy * dy + dz * dz;
      if (distance > square || star.magnitude < bright || star.magnitude > faint) continue;
      const int found = static_cast<int>(indices[i]);
      // Of two at one place the brighter one, in whatever order they come.
      if (distance == square && index >= 0 && index < found) continue;
      square = distance;
      index = found;
    }
  }
};

}  // namespace

std::size_t SkyGrid::bytes(std::size_t stars) {
  return sizeof(std::uint32_t) * (kCells + 1 + stars) + sizeof(SkyStar) * (stars + kBlocks);
}

SkyGrid::SkyGrid(std::span<const SkyStar> stars) : starts_(kCells + 1), stars_(stars.size()), indices_(stars.size()) {
  const auto cellOf = [](const SkyStar& star) {
    const FacePlace place = placeOf(star.x, star.y, star.z);
    const auto step = [](float w) { return std::clamp(static_cast<int>((w + 1) * (kSide / 2.0F)), 0, kSide - 1); };
    return (place.face * kSide + step(place.v)) * kSide + step(place.u);
  };
  for (const SkyStar& star : stars) ++starts_[cellOf(star)];
  std::uint32_t sum = 0;
  for (std::uint32_t& start : starts_) sum += std::exchange(start, sum);
  // Filling moves the start of every cell to its end, which is the start of the next one.
  for (std::uint32_t i = 0; i < stars.size(); ++i) {
    const std::uint32_t at = starts_[cellOf(stars[i])]++;
    stars_[at] = stars[i];
    indices_[at] = i;
  }
  std::copy_backward(starts_.begin(), starts_.end() - 1, starts_.end());
  starts_[0] = 0;
  for (int block = 0; block < kBlocks; ++block) {
    const int cell = firstCellOf(block, 0), half = kBlockSide / 2;
    const auto middle = [&](int first) { return static_cast<float>(first + half) / (kSide / 2.0F) - 1; };
    middles_.push_back(directionOf({cell / (kSide * kSide), middle(cell % kSide), middle(cell / kSide % kSide)}));
  }
}

int SkyGrid::nearest(float x, float y, float z, float chord, float bright, float faint) const {
  const float reach = std::min(chord, kReach);
  Nearest best{x, y, z, bright, faint, reach * reach};
  // A chord r is at most r (1 + u^2 + v^2) on a face.
  const auto lookAround = [&](const FacePlace& place, float margin) {
    const auto cellOf = [](float w) { return std::clamp(static_cast<int>((w + 1) * (kSide / 2.0F)), 0, kSide - 1); };
    const int left = cellOf(place.u - margin), right = cellOf(place.u + margin);
    for (int row = cellOf(place.v - margin); row <= cellOf(place.v + margin); ++row) {
      const std::uint32_t* start = &starts_[(place.face * kSide + row) * kSide];
      const std::uint32_t first = start[left];
      best.look({&stars_[first], start[right + 1] - first}, &indices_[first]);
    }
  };
  const auto marginOf = [&](const FacePlace& place) {
    return 1.05F * reach * (1 + place.u * place.u + place.v * place.v) + kRounding;
  };
  const FacePlace own = placeOf(x, y, z);
  lookAround(own, marginOf(own));
  if (std::max(std::abs(own.u), std::abs(own.v)) + marginOf(own) <= 1) return best.index;
  for (int face = 0; face < 6; ++face) {
    FacePlace place;
    if (face == own.face || !placeOn(face, x, y, z, place)) continue;
    const float margin = marginOf(place);
    if (std::max(std::abs(place.u), std::abs(place.v)) <= 1 + margin) lookAround(place, margin);
  }
  return best.index;
}

}  // namespace perifocal
