// What samples are impossible, in double precision, pixel by pixel, from the words of docs/deconvolution.md.
#pragma once

#include <cstdint>
#include <vector>

namespace perifocal::checks {

/// Pixels that are defects together.
struct DefectCluster {
  struct Place {
    int x, y;
  };
  std::vector<Place> places;  ///< from the first
  double spreadShare;
  double aloneShare;  ///< of all members together
};

/// A plane in units of white, and what a blurred scene can have.
struct DefectProblem {
  int width = 0, height = 0;
  std::vector<double> samples;
  std::vector<std::uint8_t> valid;  ///< a byte a pixel, 0: missing
  std::vector<double> weights;      ///< 5 x 5
  std::vector<DefectCluster> clusters;
  double step;
  double rounding;  ///< what samples that are replaced are multiples of; 0: any

  double at(int x, int y) const;  ///< reflected beyond the edges
};

struct ReferenceDefects {
  std::vector<std::uint8_t> isDefect;
  bool isClear = true;  ///< false: some sample is so near a limit that another precision may decide otherwise
};

/// What departures of a cluster's members from what all those around predict have to be multiplied by, so that members
/// are not predicted from each other; row by row.
std::vector<double> clusterInverse(const std::vector<double>& weights, const DefectCluster& cluster);

/// Clusters, one after the other, that which explains most first.
ReferenceDefects referenceDefects(DefectProblem problem);

}  // namespace perifocal::checks
