// Samples that no blurred scene with noise can have: clipped ones, hot and dead pixels, columns and lines that are
// stuck.
#pragma once

#include <cstdint>

#include "deconvolution/kernels.h"
#include "image/sample_window.h"
#include "runtime/team.h"

namespace perifocal {

/// How a sample is predicted from the 5 x 5 around it, as the PSF makes neighbours alike; the same on opposite sides.
struct Prediction {
  static constexpr int kReach = 2, kSide = 2 * kReach + 1, kClusters = 42;
  const float* weights;     ///< row by row, 0 in the middle; they sum to 1
  const Cluster* clusters;  ///< kClusters: single pixels, and those that may be defects together
  int width, height;        ///< of the image of a point of light
  float stepRatio;          ///< most that a blurred edge along lines rises in its first, over what it does in the next
  float columnStepRatio;    ///< the same of edges along columns
};

struct DefectRequest {
  TargetWindow window;  ///< one channel of a whole frame, 16 x 16 pixels or more; single and stuck pixels are replaced
  int width, height;
  Prediction prediction;
  const DeconvolutionKernels* kernels;
  float step;              ///< between values that samples can have, 1 being white
  float low, high;         ///< samples at or beyond these are clipped where they lie together
  int countFrom, countTo;  ///< rows whose defects are counted: before the second
  std::uint8_t* valid;     ///< a byte a pixel, 0: missing; becomes 0 or one of ValidMask where a sample is impossible
};

struct DefectCounts {
  std::int64_t clipped = 0, hot = 0, dead = 0;  ///< pixels
  std::int64_t columns = 0, lines = 0;          ///< of which 32 pixels or more are stuck
  std::int64_t stuck = 0;                       ///< pixels of these
};

struct FoundDefects {
  DefectCounts all;
  DefectCounts counted;  ///< those of the rows that are counted; columns of which a stuck part begins in them
  bool tooMany = false;  ///< so many single pixels are impossible that the PSF must be wrong; `valid` means nothing

  void add(std::int64_t DefectCounts::* kind, bool isCounted) {
    ++(all.*kind);
    counted.*kind += isCounted;
  }
};

/// Does not depend on the threads. Incomplete once the team is cancelled.
FoundDefects findDefects(const DefectRequest& request, Team& team);

/// Most bytes that it takes beside what it is given.
std::size_t defectScratchBytes(int width, int height, int threads);

}  // namespace perifocal
