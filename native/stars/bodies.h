// Bodies in a frame of stars that are larger than stars: a moon, the Earth's limb, a lamp.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/team.h"
#include "stars/sky.h"

namespace perifocal {

/// What a body fills, row by row: from `left` up to `right`, which is beyond it.
struct Body {
  struct Row {
    int left, right;
  };

  int top = 0;
  std::vector<Row> rows;

  /// 1 is set where it is, in a part of a row.
  void mark(int y, int left, int count, std::uint8_t* marks) const;
  /// 0 is set there in a row.
  void blacken(int y, float* row) const;

 private:
  Row at(int y) const;
};

/// Bodies much brighter than the sky around them. @param dark level of the darkest sky @param sigma of its noise
std::vector<Body> findBodies(const SkyRequest& request, double dark, double sigma, Team& team);

}  // namespace perifocal
