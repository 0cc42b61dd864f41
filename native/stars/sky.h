// Background and noise of a star frame, block by block (star-sensor C), and its brightness above the background.
#pragma once

#include <cstdint>

#include <span>
#include <vector>

#include "image/sample_window.h"
#include "runtime/team.h"

namespace perifocal {

/// Marks of pixels that are not used: 1 where they are missing or saturated, as the middle of a bright star is, and
/// this where no star made them so.
inline constexpr std::uint8_t kNoStar = 2;

struct Body;

struct SkyRequest {
  SourceWindow brightness;  ///< of every pixel
  SourceWindow colours;     ///< the first of `colourCount` channels side by side
  int colourCount;
  int width, height;
  double saturation;                  ///< samples of any colour from here on are not used, in their own units
  double count;                       ///< what one count is in parts of full scale; 0: values are not rounded
  double widestStar;                  ///< in pixels: what is much larger is none
  std::span<const Body> bodies = {};  ///< that are no sky
};

struct Sky {
  double sigma = 0;  ///< median of the blocks
  double level = 0;  ///< likewise; below black where the sky is cut off there
  int columns = 0, rows = 0;
  std::vector<float> noise;  ///< of every block in parts of `sigma`, row by row
};

/// Writes width x height brightnesses, background subtracted, and bytes that are 1 where a pixel is not used. The
/// same bits for any number of threads.
Sky measureSky(const SkyRequest& request, Team& team, float* plane, std::uint8_t* invalid);

}  // namespace perifocal
