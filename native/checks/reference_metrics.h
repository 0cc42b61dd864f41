// Image-quality metrics by their definitions, in double precision and without sharing work: the oracle of
// native/metrics.
#pragma once

#include <vector>

#include "image/frame_view.h"
#include "metrics/similarity.h"

namespace perifocal::checks {

/// One value per pixel.
struct ReferencePlane {
  int width = 0, height = 0;
  std::vector<double> values;

  double at(int x, int y) const { return values[static_cast<std::size_t>(y) * width + x]; }
};

/// The luminance or one channel.
ReferencePlane referencePlane(const FrameView& frame, int component, PlaneScale scale = {});

/// With a window of 11 x 11 weights at every pixel.
Similarity referenceSimilarity(const SimilarityRequest& request);

}  // namespace perifocal::checks
