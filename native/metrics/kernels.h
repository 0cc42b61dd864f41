// The interface between the metrics and one instruction set: functions of rows of doubles. Rows that are written have
// room for `paddedCount(count)` values, rows that are read for as many beyond their first; what a row holds beyond
// `count` means nothing. All instruction sets give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace perifocal {

inline constexpr int kMetricLanes = 8;

constexpr int paddedCount(int count) { return (count + kMetricLanes - 1) / kMetricLanes * kMetricLanes; }

/// Radii of the Gaussian windows: of SSIM (Wang et al. 2004), and of natural scene statistics (Mittal et al. 2012).
inline constexpr int kSimilarityRadius = 5;
inline constexpr int kSceneRadius = 3;

/// Rows that are smoothed at once.
inline constexpr int kSmoothedRows = 2;

/// One row, smoothed vertically, of what SSIM needs of two images x and y.
struct SimilarityRow {
  const double* x;
  const double* y;
  const double* squares;   ///< x^2 + y^2
  const double* products;  ///< x y
  const double* weights;   ///< kSimilarityRadius + 1, from the centre
  double c1, c2;
};

struct SimilaritySums {
  double ssim = 0;
  double contrastStructure = 0;
};

/// One row of an image, and its means and mean squares smoothed vertically, kSceneRadius columns further on both sides.
struct SceneRow {
  const double* centre;
  const double* means;
  const double* squares;
  const double* weights;  ///< kSceneRadius + 1, from the centre
};

/// Sums over values that are not 0, lane by lane.
struct LaneMoments {
  double negativeSquares[kMetricLanes] = {};
  double positiveSquares[kMetricLanes] = {};
  double magnitudes[kMetricLanes] = {};
  double negatives[kMetricLanes] = {};  ///< how many
  double positives[kMetricLanes] = {};
};

struct MetricKernels {
  const char* name;

  /// The luminance (component kLuminance, of 3 or more channels), or one channel, of `count` pixels.
  void (*read8)(const std::uint8_t* in, int channels, int component, int count, double* out);
  void (*read16)(const std::uint16_t* in, int channels, int component, int count, double* out);
  void (*read32)(const float* in, int channels, int component, int count, double* out);
  /// sum += in
  void (*add)(const double* in, int count, double* sum);
  /// Sum of (a - b)^2.
  double (*squaredDifferences)(const double* a, const double* b, int count);

  /// squares = x^2 + y^2, products = x y
  void (*multiply)(const double* x, const double* y, int count, double* squares, double* products);
  /// out[y] = weights[0] rows[y + r] + weights[i] (rows[y + r - i] + rows[y + r + i]), r = kSimilarityRadius, for
  /// kSmoothedRows rows y.
  void (*smoothColumns5)(const double* const* rows, const double* weights, int count, double* const* out);
  /// Smooths `count` + 2 kSimilarityRadius columns horizontally: sums of the SSIM of `count` pixels.
  SimilaritySums (*compare)(const SimilarityRow& row, int count);

  /// row: to row * scale, within 0 and 255, rounded to nearest.
  void (*roundToGrey)(double scale, int count, double* row);
  /// out = in^2
  void (*square)(const double* in, int count, double* out);
  /// As smoothColumns5, r = kSceneRadius.
  void (*smoothColumns3)(const double* const* rows, const double* weights, int count, double* const* out);
  /// out = (centre - mean) / (sigma + 1), sigma = sqrt(|mean square - mean^2|)
  void (*normalise)(const SceneRow& row, int count, double* out, double* sigma);
  /// Adds the values a b, or a where b is null; values from `count` to `paddedCount(count)` must be 0.
  void (*addMoments)(const double* a, const double* b, int count, LaneMoments& sums);
  /// Half as many columns: out[i] from in[2 i] to in[2 i + 7]. `scratch`: room for 2 (paddedCount(count) +
  /// kMetricLanes).
  void (*halveColumns)(const double* in, int count, double* scratch, double* out);
  /// One row out of eight.
  void (*halveRows)(const double* const* rows, int count, double* out);

  /// Sobel's gradients x and y of `count` pixels, the first at column 1 of three rows; sum of their magnitudes.
  double (*sobel)(const double* above, const double* here, const double* below, int count, double* x, double* y);
};

}  // namespace perifocal
