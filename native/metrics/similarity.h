// What tells an image from its reference: squared error, and structural similarity.
#pragma once

#include "image/frame_view.h"
#include "metrics/kernels.h"
#include "metrics/plane_reader.h"
#include "metrics/runs.h"
#include "runtime/team.h"

namespace perifocal {

/// Sum of squared differences of all samples but alpha, in units of samples. The frames have one size and type.
/// @param valid the pixels that count
double squaredError(const FrameView& a, const FrameView& b, PlaceMask valid, const MetricKernels& kernels, Team& team);

struct SimilarityRequest {
  FrameView a, b;
  int component = kLuminance;
  PlaneScale scale;     ///< leaves at least 11 values per side
  double range = 1;     ///< of the samples
  PlaceMask windows{};  ///< those that count, by the first value of each
};

/// Means over the pixels whose window lies in the image and counts; NaN where none does.
struct Similarity {
  double ssim = 0;
  double contrastStructure = 0;  ///< without the luminance term
};

/// Wang et al. 2004: 11x11 Gaussian window of standard deviation 1.5, K1 = 0.01, K2 = 0.03, population covariance.
Similarity measureSimilarity(const SimilarityRequest& request, const MetricKernels& kernels, Team& team);

}  // namespace perifocal
