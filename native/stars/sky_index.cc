#include "stars/sky_index.h"

#include <algorithm>

namespace perifocal {
namespace {

std::vector<SkyStar> starsOf(std::span<const double> directions, std::span<const float> magnitudes) {
  std::vector<SkyStar> stars;
  stars.reserve(magnitudes.size());
  for (std::size_t i = 0; i < magnitudes.size(); ++i) {
    const double* direction = &directions[3 * i];
    stars.push_back({static_cast<float>(direction[0]), static_cast<float>(direction[1]),
                     static_cast<float>(direction[2]), magnitudes[i]});
  }
  return stars;
}

}  // namespace

std::size_t SkyIndex::mappedBytes(const IndexShape& shape) {
  const std::size_t star = 3 * sizeof(double) + sizeof(SkyStar);
  std::size_t bytes = shape.stars * star + SkyGrid::bytes(shape.stars);
  for (const PairShape& tier : shape.tiers) bytes += StarPairs::bytes(tier);
  return bytes;
}

SkyIndex::SkyIndex(const IndexShape& shape, std::span<const double> directions, std::span<const float> magnitudes)
    : shape_(shape),
      directions_(directions.begin(), directions.end()),
      stars_(starsOf(directions, magnitudes)),
      grid_(stars_) {}

Status SkyIndex::create(const IndexShape& shape, std::span<const double> directions, std::span<const float> magnitudes,
                        Ticket& ticket, std::unique_ptr<SkyIndex>& made) {
  std::unique_ptr<SkyIndex> index(new SkyIndex(shape, directions, magnitudes));
  Team team(1, &ticket);
  const SkyStars sky{index->stars_, index->grid_};
  index->tiers_.reserve(shape.tiers.size());
  for (const PairShape& tier : shape.tiers) index->tiers_.emplace_back(sky, tier, team);
  const Status status = team.status();
  if (status.ok()) made = std::move(index);
  return status;
}

int SkyIndex::countBrighter(double magnitude) const {
  const auto found = std::lower_bound(stars_.begin(), stars_.end(), magnitude,
                                      [](const SkyStar& star, double limit) { return star.magnitude < limit; });
  return static_cast<int>(found - stars_.begin());
}

}  // namespace perifocal
