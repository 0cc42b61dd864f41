// The linear part of Richardson-Lucy: A x = h (*) x, or sum_k h_k (*) (c_k x) for a PSF that varies, and its adjoint.
// Rows of estimates go in, rows of models come out; rows of ratios go in, rows of corrections come out:
//   start(estimates), blur(), exchangeModels(models -> ratios), spread(),
//   exchangeCorrections(corrections -> estimates), blur() ...
#pragma once

#include <memory>

#include "deconvolution/geometry.h"
#include "deconvolution/kernels.h"
#include "deconvolution/shape.h"
#include "fft/real_fft.h"
#include "fft/visits.h"
#include "runtime/arena.h"

namespace perifocal {

struct BlurContext {
  const SolverShape& shape;
  const Geometry& geometry;
  const DeconvolutionKernels& kernels;
  RealFft2d& fft;
  Team& team;
};

class Blur {
 public:
  virtual ~Blur() = default;

  /// Overwrites whatever is in between.
  virtual void setPsf(const Psf& psf) = 0;

  virtual void start(RowVisit produceEstimates) = 0;
  /// A
  virtual void blur() = 0;
  virtual void exchangeModels(RowVisit toRatios) = 0;
  /// Ratios from elsewhere, for spread().
  virtual void startRatios(RowVisit produceRatios) = 0;
  /// The adjoint of A.
  virtual void spread() = 0;
  virtual void exchangeCorrections(RowVisit toEstimates) = 0;
  /// In place of exchangeCorrections, to be followed by start().
  virtual void readCorrections(RowVisit consume) = 0;
};

/// One mode: in place in one spectrum.
std::unique_ptr<Blur> createInvariantBlur(const BlurContext& context, Arena& arena);
/// Any number of modes: a plane and column panels on top of that.
std::unique_ptr<Blur> createModalBlur(const BlurContext& context, Arena& arena);

}  // namespace perifocal
