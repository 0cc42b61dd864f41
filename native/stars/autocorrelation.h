// The mean autocorrelation of windows around stars (kernel-estimation 5): pairs of stars do not disturb it.
#pragma once

#include <vector>

#include "fft/kernels.h"
#include "runtime/status.h"
#include "runtime/team.h"
#include "stars/plane.h"

namespace perifocal {

/// What of a window counts: pixels within a distance from the segment of a trail through its centre.
struct TrailMask {
  double length, cos, sin;
  double margin;  ///< Infinity: everything
};

struct WindowCentre {
  double x, y;
};

struct CorrelationRequest {
  StarPlane plane;
  std::vector<WindowCentre> centres;
  int side;  ///< of the windows; even
  TrailMask mask;
};

/// Lags below `reach` in both directions.
class Autocorrelation {
 public:
  explicit Autocorrelation(int reach)
      : reach_(reach), side_(2 * reach - 1), lags_(static_cast<std::size_t>(side_) * side_) {}

  int reach() const { return reach_; }
  float& at(int dx, int dy) { return lags_[static_cast<std::ptrdiff_t>(dy + reach_ - 1) * side_ + dx + reach_ - 1]; }
  float at(int dx, int dy) const { return const_cast<Autocorrelation&>(*this).at(dx, dy); }

 private:
  int reach_, side_;
  std::vector<float> lags_;
};

/// Windows are weighted by one over the root of their energy, so that bright stars do not drown the others. The same
/// bits for any number of threads. @param sum of reach `side`
Status correlateWindows(const CorrelationRequest& request, const FftKernels& kernels, Team& team, Autocorrelation& sum);

}  // namespace perifocal
