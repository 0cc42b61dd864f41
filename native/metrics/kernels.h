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
};

}  // namespace perifocal
