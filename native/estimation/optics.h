// What optics leave of a power spectrum, as periodograms of blocks show it.
#pragma once

#include <cstddef>

namespace perifocal {

/// Values, in pixels: sigma; radius; radius and sigma; right and down, from a trail's one end to the other; these and a
/// radius.
enum class OpticsKind { kGaussian, kDisk, kSoftDisk, kMotion, kMovedDisk };

inline constexpr int kMostOptics = 3;

int opticsCount(OpticsKind kind);

/// Frequencies, in cycles per pixel.
struct Frequencies {
  std::size_t count;
  const double* rho;  ///< from 0
  const double* x;    ///< to the right; motion alone asks for it
  const double* y;    ///< downwards
  double reach;       ///< where Gauss and Hermite's rule of three points has its outer ones
};

/// ln |H|^2 at every frequency. The window of the blocks and the width of rings or cells fill in the zeros: the mean
/// over that spread is by Gauss and Hermite's rule.
void logPower(OpticsKind kind, const double* values, const Frequencies& at, double* found);

}  // namespace perifocal
