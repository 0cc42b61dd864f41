// Features of natural scene statistics at two scales: of blocks (NIQE), and of the whole image (BRISQUE).
#pragma once

#include <array>
#include <vector>

#include "image/frame_view.h"
#include "metrics/kernels.h"
#include "metrics/runs.h"
#include "runtime/team.h"

namespace perifocal {

/// Of one image or block: 18 of each scale.
inline constexpr int kSceneFeatures = 36;
/// Side of a block of NIQE, at full size.
inline constexpr int kSceneBlock = 96;

struct BlockStatistics {
  std::vector<double> features;   ///< kSceneFeatures of every block, row by row; NaN where a block is flat
  std::vector<double> sharpness;  ///< mean local deviation of every block
};

/// Mittal, Soundararajan and Bovik 2013. Blocks that fit in; what is left over at the right and below does not count.
BlockStatistics measureBlocks(const FrameView& frame, const MetricKernels& kernels, Team& team);

/// The places that count, at full and at half size.
using SceneMask = std::array<PlaceMask, 2>;

/// Mittal, Moorthy and Bovik 2012. NaN for a flat image.
std::vector<double> measureScene(const FrameView& frame, const SceneMask& mask, const MetricKernels& kernels,
                                 Team& team);

}  // namespace perifocal
