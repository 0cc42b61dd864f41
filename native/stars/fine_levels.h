// Sky that changes within a block: around a moon, in its glare.
#pragma once

#include <cstdint>
#include <vector>

#include "runtime/team.h"
#include "stars/sky_blocks.h"

namespace perifocal {

/// Levels of cells of a quarter of a block's side, where blocks do not tell the sky.
class FineLevels {
 public:
  /// @param plane with the levels of the blocks taken off
  FineLevels(const SkyBlocks& blocks, float* plane, std::uint8_t* invalid, int width, int height);

  /// Takes off what is left of the sky; what cannot be sky, as the edge of a moon, is not used any more. Returns
  /// whether there was any.
  /// @param count what values are rounded to
  bool subtract(double count, Team& team);

 private:
  struct Cell {
    int left, top, right, bottom;
  };

  Cell areaOf(int column, int row) const;
  std::vector<float> read(const Cell& cell, int step) const;
  bool isRough(int block, double count) const;
  bool hasBody(int block) const;
  bool isNearRough(int block) const;
  bool takesPart(int column, int row) const { return fine_[row / kSide * blocks_.columns() + column / kSide] != 0; }
  void measureCells(Team& team);
  void smooth();
  void subtractCells(Team& team);
  void leaveOut(Team& team);

  static constexpr int kSide = 4;

  const SkyBlocks& blocks_;
  float* plane_;
  std::uint8_t* invalid_;
  int width_, height_, columns_, rows_;
  std::vector<std::uint8_t> rough_, fine_;  ///< of every block
  std::vector<double> levels_;              ///< of every cell
};

}  // namespace perifocal
