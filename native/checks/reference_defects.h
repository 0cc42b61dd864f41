// What samples are impossible, in double precision, pixel by pixel, from the words of docs/deconvolution.md.
#pragma once

#include <cstdint>
#include <vector>

namespace perifocal::checks {

/// A plane in units of white, and what a blurred scene can have.
struct DefectProblem {
  int width = 0, height = 0;
  std::vector<double> samples;
  std::vector<std::uint8_t> valid;  ///< a byte a pixel, 0: missing
  std::vector<double> weights;      ///< 5 x 5
  double spreadShares[3];
  double step;
  double rounding;  ///< what samples that are replaced are multiples of; 0: any

  double at(int x, int y) const;  ///< reflected beyond the edges
};

struct ReferenceDefects {
  std::vector<std::uint8_t> isDefect;
  bool isClear = true;  ///< false: some sample is so near a limit that another precision may decide otherwise
};

/// Single pixels, one after the other, the farthest from its prediction first.
ReferenceDefects referenceSingles(DefectProblem problem);

}  // namespace perifocal::checks
