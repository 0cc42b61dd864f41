// A catalogue made ready for the identification of stars.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "runtime/status.h"
#include "runtime/team.h"
#include "stars/pose.h"
#include "stars/sky_grid.h"
#include "stars/star_pairs.h"

namespace perifocal {

/// What an index has room for: so many stars, and pairs of each range of chords.
struct IndexShape {
  std::size_t stars;
  std::vector<PairShape> tiers;
};

class SkyIndex {
 public:
  static std::size_t mappedBytes(const IndexShape& shape);

  /// @param directions three numbers a star, unit vectors, @param magnitudes in rising order
  static Status create(const IndexShape& shape, std::span<const double> directions, std::span<const float> magnitudes,
                       Ticket& ticket, std::unique_ptr<SkyIndex>& made);

  std::size_t mappedBytes() const { return mappedBytes(shape_); }
  Team& team() { return team_; }
  const std::vector<StarPairs>& tiers() const { return tiers_; }
  const SkyGrid& grid() const { return grid_; }
  int count() const { return static_cast<int>(stars_.size()); }
  const SkyStar& star(int index) const { return stars_[index]; }
  Vector3 direction(int index) const {
    return {directions_[3 * index], directions_[3 * index + 1], directions_[3 * index + 2]};
  }
  /// How many stars are brighter than a magnitude: their indices are below that.
  int countBrighter(double magnitude) const;

 private:
  SkyIndex(const IndexShape& shape, std::span<const double> directions, std::span<const float> magnitudes);

  IndexShape shape_;
  Team team_{1};
  std::vector<double> directions_;
  std::vector<SkyStar> stars_;
  SkyGrid grid_;
  std::vector<StarPairs> tiers_;
};

}  // namespace perifocal
