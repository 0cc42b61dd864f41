// Stars by direction: which of them lies near a place in the sky.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace perifocal {

/// A direction and a magnitude. Directions are of length 1 but for rounding (0.01 arc seconds).
struct SkyStar {
  float x, y, z, magnitude;
};

/// Cells of the six faces of a cube around the observer. A star is in every cell that has a place within `reach` of it,
/// so that one cell has all stars near a place.
class SkyGrid {
 public:
  /// Chords up to this long may be asked for, about 0.45 degrees.
  static constexpr float kReach = 0.008F;
  /// Entries that stars have in the cells, at most: what is planned for.
  static constexpr int kMostEntries = 4;

  static std::size_t bytes(std::size_t stars);

  explicit SkyGrid(std::span<const SkyStar> stars);

  /// The nearest star within a chord of at most kReach whose magnitude is from `bright` to `faint`; -1: none.
  int nearest(float x, float y, float z, float chord, float bright, float faint) const;

 private:
  static constexpr int kSide = 48;

  template <class Visit>
  static void visitCells(const SkyStar& star, Visit visit);

  std::span<const SkyStar> stars_;
  std::vector<std::uint32_t> starts_;  ///< of every cell, and the end of the last
  std::vector<std::uint32_t> entries_;
};

}  // namespace perifocal
