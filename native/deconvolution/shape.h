// What decides the memory of a solver, and the numbers it runs with; lib/runtime/native/solver.ts explains every field.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "image/sample_window.h"

namespace perifocal {

enum class DeconvolutionMethod { kWiener, kRichardsonLucy, kHyperLaplacian };
enum class Acceleration { kNone, kBiggsAndrews, kHeavyBall };
enum class Boundary { kBertero, kReflect, kReplicate, kPeriodic };
enum class SignalPrior { kFlat, kGradient, kPowerLaw };

struct SolverShape {
  DeconvolutionMethod method = DeconvolutionMethod::kRichardsonLucy;
  int width = 0, height = 0;     ///< pixels of the tile
  int radiusX = 0, radiusY = 0;  ///< of every PSF
  bool symmetric = false;        ///< every PSF equals itself turned by 180 degrees
  int modes = 1;
  Boundary boundary = Boundary::kBertero;
  SampleType samples = SampleType::kUint8;
  Acceleration acceleration = Acceleration::kNone;
  bool totalVariation = false;
  bool masked = false;
  int threads = 1;
  bool guarded = false;  ///< sums of all memory between calls, some rows of transforms twice
};

struct SolverSettings {
  float offset = 0;
  float saturation = std::numeric_limits<float>::infinity();
  float totalVariation = 0;
  float damping = 0;
  bool startFlat = true;
  float lambda = 2000;
  float alpha = 0.5f;
  SignalPrior prior = SignalPrior::kGradient;
  float nsr = 0;
  float exponent = 2;
};

/// Kernels of 2 radiusY + 1 rows of 2 radiusX + 1, one after the other, and a grid of coefficients for each (or null).
struct Psf {
  const double* kernels = nullptr;
  const float* coefficients = nullptr;
  int gridRows = 1, gridColumns = 1;
};

/// A plane of floats that a tile is added to, times rowWeights[y] * columnWeights[x].
struct BlendWindow {
  float* first;
  std::ptrdiff_t rowStride;
  const float* rowWeights;
  const float* columnWeights;
};

struct LoadReport {
  std::int64_t validPixels = 0;
  double mean = 0, minimum = 0, maximum = 0;
  double residual = 0;
};

struct StepReport {
  double residual = 0, change = 0, energy = 0;
};

struct SignalFit {
  double nsr = 0, exponent = 0;
};

}  // namespace perifocal
