// One way of deconvolving a plane. Memory is taken at creation; nothing allocates afterwards.
#pragma once

#include <memory>

#include "deconvolution/shape.h"
#include "deconvolution/workspace.h"
#include "fft/visits.h"
#include "runtime/arena.h"

namespace perifocal {

class Method {
 public:
  virtual ~Method() = default;

  virtual void setPsf(const Psf& psf) = 0;
  virtual LoadReport load(const SourceWindow& source, const ValidMask& valid, const SolverSettings& settings) = 0;
  virtual StepReport step(const SolverSettings& settings) = 0;
  /// Hands out the padded rows of the estimate, which may be overwritten: once per load.
  virtual void takeRows(RowVisit consume) = 0;
  /// Wiener's filter only.
  virtual SignalFit fitSignal(double, SignalPrior) { return {}; }
};

/// Bytes that a method takes from the arena beyond the transforms and the workspace, by purpose.
struct MethodMemory {
  std::size_t spectra = 0, transferFunctions = 0, samples = 0, weights = 0, estimates = 0;
};

MethodMemory richardsonLucyMemory(const SolverShape& shape, const Geometry& geometry);
MethodMemory wienerMemory(const SolverShape& shape, const Geometry& geometry);
MethodMemory hyperLaplacianMemory(const SolverShape& shape, const Geometry& geometry);

std::unique_ptr<Method> createRichardsonLucy(const Workspace& workspace, Arena& arena);
std::unique_ptr<Method> createWiener(const Workspace& workspace, Arena& arena);
std::unique_ptr<Method> createHyperLaplacian(const Workspace& workspace, Arena& arena);

}  // namespace perifocal
