// Stars by direction: which of them lie near a place in the sky.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace perifocal {

/// A direction and a magnitude. Directions are of length 1 but for rounding (0.01 arc seconds).
struct SkyStar {
  float x, y, z, magnitude;
};

/// Cells of the six faces of a cube around the observer, with the stars of each side by side.
class SkyGrid {
 public:
  /// Chords up to this long may be asked for, about 0.45 degrees.
  static constexpr float kReach = 0.008F;

  static std::size_t bytes(std::size_t stars);

  explicit SkyGrid(std::span<const SkyStar> stars);

  /// The nearest star within a chord of at most kReach whose magnitude is from `bright` to `faint`; -1: none.
  int nearest(float x, float y, float z, float chord, float bright, float faint) const;

  /// Calls `visit(index, star)` for all stars within an angle of a direction, and for some that are a little farther.
  /// @param cosine of the angle, below 170 degrees, @param sine of it
  template <class Visit>
  void visitCone(const std::array<double, 3>& axis, double cosine, double sine, Visit visit) const {
    const auto least = static_cast<float>(cosine * kBlockCosine - sine * kBlockSine);
    const auto x = static_cast<float>(axis[0]), y = static_cast<float>(axis[1]), z = static_cast<float>(axis[2]);
    for (int block = 0; block < kBlocks; ++block) {
      const SkyStar& middle = middles_[block];
      if (middle.x * x + middle.y * y + middle.z * z < least) continue;
      for (int row = 0; row < kBlockSide; ++row) {
        const int cell = firstCellOf(block, row);
        for (std::uint32_t i = starts_[cell]; i < starts_[cell + kBlockSide]; ++i) visit(indices_[i], stars_[i]);
      }
    }
  }

 private:
  static constexpr int kSide = 48;
  static constexpr int kCells = 6 * kSide * kSide;
  /// Blocks of cells, by which most of the sky is passed over.
  static constexpr int kBlockSide = 4;
  static constexpr int kBlocksAcross = kSide / kBlockSide;
  static constexpr int kBlocks = 6 * kBlocksAcross * kBlocksAcross;
  /// Of the angle from the middle of a block to its farthest corner, 0.118, with room for rounding.
  static constexpr double kBlockSine = 0.12, kBlockCosine = 0.99277;

  static int firstCellOf(int block, int row) {
    const int face = block / (kBlocksAcross * kBlocksAcross), across = block % kBlocksAcross;
    const int down = block / kBlocksAcross % kBlocksAcross;
    return (face * kSide + down * kBlockSide + row) * kSide + across * kBlockSide;
  }

  std::vector<std::uint32_t> starts_;   ///< of every cell, and the end of the last
  std::vector<SkyStar> stars_;          ///< cell by cell
  std::vector<std::uint32_t> indices_;  ///< of these stars
  std::vector<SkyStar> middles_;        ///< of the blocks
};

}  // namespace perifocal
