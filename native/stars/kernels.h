// The interface between star fits and one instruction set: functions of lists of points, in doubles. Every list has
// room for `paddedPoints(count)` finite values; what it holds beyond `count` means nothing. All instruction sets give
// the same bits.
#pragma once

#include <cstdint>

namespace perifocal {

inline constexpr int kPointLanes = 8;

constexpr int paddedPoints(int count) { return (count + kPointLanes - 1) / kPointLanes * kPointLanes; }

/// A list of points, pixels or lags; y goes downwards.
struct Points {
  const double* x;
  const double* y;
  int count;
};

/// A segment seen through a Gaussian (lib/stars/streak.ts).
struct Streak {
  double length;
  double cos, sin;  ///< of its direction, anticlockwise
  double sigma;
  double sigmaSlope;  ///< derivative of sigma by the number of the shape that it stands for
};

/// Values and derivatives of a profile of flux 1: one list each.
inline constexpr int kMostShape = 3;
struct ProfileRows {
  double* value;
  double* byX;
  double* byY;
  double* byShape[kMostShape];
};

/// The autocorrelation of a streak (docs of lags: kernel-estimation 5): a triangle along, a Gaussian across.
struct LagModel {
  double length;
  double cos, sin;
  double sigma;  ///< of the autocorrelation
};

struct LagRows {
  double* value;
  double* byAngle;
  double* byLength;
  double* byLogVariance;
};

inline constexpr int kMostUnknowns = 4 + kMostShape;

/// Observed values with their model, flux * value + background, and the variance sky + light (perFlux + misfit light),
/// light = flux * value: what adds to the normal equations.
struct NormalJob {
  const double* observed;
  const double* value;
  int count;
  double flux, background;
  double sky, perFlux, misfit;
  int unknowns;
  const double* slopes[kMostUnknowns];  ///< derivatives of the model; null: 1 everywhere
  double scales[kMostUnknowns];         ///< times this
};

/// Sums lane by lane.
struct NormalSums {
  double products[kMostUnknowns * (kMostUnknowns + 1) / 2][kPointLanes] = {};  ///< lower triangle, row by row
  double rights[kMostUnknowns][kPointLanes] = {};
  double squares[kPointLanes] = {};  ///< of residuals over variances
  double ratio[kPointLanes];         ///< product of variances over the sky's: this times 2^exponent
  std::int64_t exponent[kPointLanes] = {};

  NormalSums() {
    for (double& lane : ratio) lane = 1;
  }
};

struct StarKernels {
  const char* name;

  /// The density of a streak around (x, y) at every point.
  void (*sampleStreak)(const Streak& streak, double x, double y, const Points& points, const ProfileRows& out);
  void (*sampleLags)(const LagModel& model, const Points& lags, const LagRows& out);
  void (*accumulate)(const NormalJob& job, NormalSums& sums);
};

}  // namespace perifocal
