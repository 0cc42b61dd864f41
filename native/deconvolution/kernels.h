// The interface between the solvers and one instruction set: functions of rows of floats in natural order, and of
// columns of a spectrum in the order of the transforms (fft/real_fft.h): 16 real parts, 16 imaginary parts, next row.
#pragma once

#include <cstddef>
#include <cstdint>

#include "deconvolution/cluster.h"

namespace perifocal {

/// Samples that a row of the model is to explain.
struct RatioRow {
  const float* observed;
  const float* valid;  ///< 1 or 0 per pixel; null: all 1
  int count;
  float floor;    ///< least model value that is divided by, > 0
  float damping;  ///< 2 / T^2 of White 1994; dampedRatio only
};

/// What a step of Biggs and Andrews needs to know of g = estimate - start.
struct StepProducts {
  double withLast;  ///< <g, last g>
  double square;    ///< <g, g>
};

/// Of valid pixels.
struct RowRange {
  double pixels;
  double sum;
  float minimum, maximum;  ///< of none: the largest and the least float
};

struct Distance {
  double change;  ///< sum of (a - b)^2
  double norm;    ///< sum of a^2
};

/// min_w |w|^alpha + (beta / 2) (w - v)^2. Newton's method solves it above a threshold of |v|, and w = 0 below.
struct Shrinkage {
  enum class Kind { kHalf, kTwoThirds, kGeneral };
  Kind kind;
  float alpha;
  float threshold;  ///< on |v|
  float constant;   ///< 1 / (2 beta), 2 / (3 beta), or alpha / beta
};

/// Some rows of one group of 16 bins. The solution X minimises |H X - Y|^2 + weight (P |X|^2 - 2 Re conj(X) F).
struct SolveBlock {
  float* data;            ///< in: F, or Y where `observed` is null (F = 0); out: X
  const float* observed;  ///< Y, or null
  const float* otf;       ///< H: 32 floats a row, or 16 where it is real
  bool realOtf;
  const int* frequency;     ///< of every row
  const float* rowPenalty;  ///< P = rowPenalty[frequency] + columnPenalty[lane]
  const float* columnPenalty;
  int rows;
  float weight;
};

/// Some pixels of a row, each of which may begin a cluster of defects.
struct ClusterRow {
  const Cluster* cluster;
  const float* departures;  ///< of the first pixel, and of those around
  const float* sides;       ///< spreads of the quietest sides, likewise
  std::ptrdiff_t pitch;     ///< floats from a row of both to the next
  int members;              ///< that are looked at, from the first on
  const float* limits;      ///< that noise sets, one a member
  const float* shares;      ///< of a spread of theirs that a blurred scene departs by
};

struct DeconvolutionKernels {
  const char* name;

  /// out = in * scale + offset; floats that are not finite count as 0.
  void (*widen8)(const std::uint8_t* in, float scale, float offset, int count, float* out);
  void (*widen16)(const std::uint16_t* in, float scale, float offset, int count, float* out);
  void (*widen32)(const float* in, float scale, float offset, int count, float* out);

  /// row: model to observed / max(model, floor), 0 where not valid. Returns the sum of (observed - model)^2 over valid
  /// pixels.
  double (*ratio)(const RatioRow& job, float* row);
  /// The same with ratios flattened where the divergence of sample and model is below T^2 / 2.
  double (*dampedRatio)(const RatioRow& job, float* row);

  /// row: correction to correction * start * factor * weight (null: 1), at least 0. Returns the sum of the
  /// product of the first three.
  double (*correct)(const float* start, const float* factor, const float* weight, int count, float* row);
  RowRange (*range)(const float* values, const float* valid, int count);
  Distance (*compare)(const float* a, const float* b, int count);
  /// step: last g to g = estimate - start.
  StepProducts (*advanceStep)(const float* estimate, const float* start, int count, float* step);
  /// out = max(now + momentum * (now - before), floor)
  void (*extrapolate)(const float* now, const float* before, float momentum, float floor, int count, float* out);

  /// Direction of the gradient by forward differences; reads row[count].
  void (*direction)(const float* row, const float* below, int count, float* x, float* y);
  /// out = 1 / (1 - weight * div(x, y)), the denominator within [0.5, 2]; reads x[-1].
  void (*totalVariation)(const float* x, const float* y, const float* yAbove, float weight, int count, float* out);

  /// out = w-step of b - a
  void (*shrinkDifference)(const float* a, const float* b, const Shrinkage& shrinkage, int count, float* out);
  /// out = x[-1] - x + yAbove - y: the adjoint of forward differences.
  void (*divergence)(const float* x, const float* y, const float* yAbove, int count, float* out);

  /// How far samples of a row are from what the 5 x 5 around them predict (see Prediction), with `pitch` floats from a
  /// row to the next. Returns the farthest. The same bits for every instruction set.
  float (*departures)(const float* row, std::ptrdiff_t pitch, const float* weights, int count, float* out);
  /// The spread of the 24 samples around each.
  void (*spreads)(const float* row, std::ptrdiff_t pitch, int count, float* out);
  /// The least spread of two rows of 5 samples above or below each, or of two columns left or right.
  void (*sideSpreads)(const float* row, std::ptrdiff_t pitch, int count, float* out);
  /// By how much that member of a cluster that is the least beyond its limit is beyond it. Returns the largest.
  float (*clusterExcess)(const ClusterRow& job, int count, float* out);

  /// data *= H, or conj(H), of `rows` rows.
  void (*multiplyReal)(const float* otf, int rows, float* data);
  void (*multiply)(const float* otf, int rows, float* data);
  void (*multiplyConjugate)(const float* otf, int rows, float* data);
  /// Adds |H X - Y|^2 of every lane to `residual`.
  void (*solve)(const SolveBlock& block, float* residual);
  /// data: Y to Y + relaxation * (H X - Y), X being the solution where F = 0.
  void (*predict)(const SolveBlock& block, float relaxation);
};

}  // namespace perifocal
