// The sky of a frame, block by block.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "runtime/team.h"
#include "stars/sky.h"
#include "stars/sky_noise.h"

namespace perifocal {

/// The sky of a block of pixels: its noise, its level in the middle, and how that rises, a pixel.
struct BlockSky {
  PartSky sky;
  double riseX = 0, riseY = 0;
  bool isKnown = false;          ///< whether any pixel tells of it
  bool isNoiseKnown = false;     ///< not where all is cut off at black
  bool isSloping = false;        ///< whether the rises are measured
  bool isUnusedLeftOut = false;  ///< whether pixels of the constant are no sky here
  float least = 0;               ///< of its pixels
  double constantShare = 0;      ///< part of the pixels that have the constant
};

class SkyBlocks {
 public:
  SkyBlocks(const SkyRequest& request, std::optional<float> constant);

  int columns() const { return columns_; }
  int rows() const { return rows_; }
  int count() const { return columns_ * rows_; }
  const BlockSky& at(int column, int row) const { return blocks_[row * columns_ + column]; }

  void measure(Team& team);
  /// Whether a pixel has the value that no light reached.
  bool isUnused(int column, int row, float brightness) const {
    return constant_ && brightness == *constant_ && at(column, row).isUnusedLeftOut;
  }
  /// Median of the blocks of which something is known, or of all where there is none.
  PartSky median() const;
  /// Level of the darkest blocks of which something is known: the glare of a moon may fill most of the frame.
  double darkest() const;
  /// Noise of every block in parts of the median; 1 where it is as good as that.
  std::vector<float> relativeNoise() const;
  /// Measures the noise again, in a plane from which the level is taken off.
  void measureNoise(const float* plane, const std::uint8_t* invalid, Team& team);

  static int start(int index, int count, int size) {
    return static_cast<int>(static_cast<std::int64_t>(index) * size / count);
  }

 private:
  struct Area {
    int left, top, right, bottom;
    int pixels() const { return (right - left) * (bottom - top); }
  };
  struct Samples;

  Area areaOf(int block) const;
  Samples read(int block, int step, std::optional<float> leftOut) const;
  void measureBlock(int block, std::optional<float> leftOut);
  void measureSlope(int block);
  void leaveOutUnused(Team& team);
  void takeCutOff(Team& team);
  std::optional<PartSky> lonelySky(double floor) const;
  /// The noise of blocks that show none of their own.
  void takeUnknownNoise(const PartSky& sky);
  void slope(Team& team);
  void completeUnknown();
  bool isSteep(int block) const;
  int nearestOf(int block, bool (*isFit)(const BlockSky&)) const;

  const SkyRequest& request_;
  std::optional<float> constant_;
  int columns_, rows_;
  std::vector<BlockSky> blocks_;
};

}  // namespace perifocal
