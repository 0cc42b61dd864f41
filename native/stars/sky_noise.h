// Level and noise of the sky among samples that hold stars as well.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace perifocal {

/// Of a part of a frame.
struct PartSky {
  double sigma = 0;  ///< standard deviation of its noise, of what is cut off at black too
  double level = 0;  ///< its mean as the frame has it
  double dark = 0;   ///< as it would be if nothing were cut off; the level, else
  double below = 0;  ///< standard deviation of its darker half, which stars hardly change
  /// Where it is cut off: what stands for its noise in sums over pixels, between its deviation there, which is small
  /// but has a long tail, and `sigma`. 0 elsewhere.
  double summed = 0;
};

/// Of samples with nothing cut off. @param count what values are rounded to; 0: they are not
PartSky skyOf(std::span<const float> values, double count);

/// Of samples of which a part is cut off at the least one, a Gaussian's upper tail; none where they do not tell it.
/// @param cut the part that is
std::optional<PartSky> censoredSky(std::vector<float> values, double floor, double cut, double count);

/// Part of the samples that are not above a value.
double shareAt(std::span<const float> values, double floor);

/// Less than this part cut off is chance or a dead pixel; of more, the rest is no sky.
inline constexpr double kLeastCut = 0.02, kMostCut = 0.9;

/// A Gaussian through points of its distribution: x at the share of samples below. None where they do not rise.
struct TailPoint {
  double x, share;
};
std::optional<PartSky> gaussianThrough(std::span<const TailPoint> points, double floor);

}  // namespace perifocal
