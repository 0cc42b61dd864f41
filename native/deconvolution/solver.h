// Deconvolves planes of one shape, one after the other: setPsf, load, step, store. Nothing is allocated after create().
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "deconvolution/geometry.h"
#include "deconvolution/kernels.h"
#include "deconvolution/method.h"
#include "deconvolution/shape.h"
#include "fft/kernels.h"
#include "runtime/arena.h"
#include "runtime/status.h"
#include "runtime/team.h"

namespace perifocal {

struct SolverBuffer {
  const char* name;
  std::size_t bytes;
};

struct SolverPlan {
  Geometry geometry;
  std::array<SolverBuffer, 7> buffers;  ///< sum to arenaBytes
  std::size_t arenaBytes;
};

SolverPlan planSolver(const SolverShape& shape);

class Solver {
 public:
  /// The team has the shape's number of threads; it and the kernels outlive the solver. What fails or is cancelled has
  /// to begin again: `setPsf` by itself, all others from `load` on.
  static Status create(const SolverShape& shape, const FftKernels& fft, const DeconvolutionKernels& kernels, Team& team,
                       std::unique_ptr<Solver>& out);

  const SolverShape& shape() const { return shape_; }
  Team& team() { return team_; }
  std::size_t mappedBytes() const { return arena_.mappedBytes(); }

  Status setPsf(const Psf& psf);
  void configure(const SolverSettings& settings) { settings_ = settings; }
  Status load(const SourceWindow& source, const ValidMask& valid, LoadReport& report);
  Status fitSignal(double sigma, SignalPrior prior, SignalFit& fit);
  Status step(StepReport& report);
  Status store(const TargetWindow& target);
  Status blend(const BlendWindow& target);

 private:
  enum class Stage { kNew, kReady, kLoaded, kStepped };

  Solver(const SolverShape& shape, Team& team) : shape_(shape), team_(team), plan_(planSolver(shape)) {}
  Status attach(const FftKernels& fft, const DeconvolutionKernels& kernels);
  /// kState with what is missing, unless the stage is at least `needed`.
  Status require(Stage needed) const;
  /// Ends a call: the stage is reached unless it was cancelled.
  Status reach(Stage stage);
  /// kIntegrity where the memory of a guarded solver is not what the last call has left.
  Status arrive(Stage needed);
  /// Ends a call of a guarded solver: its memory is left as it is. kIntegrity where transforms differed.
  Status leave();
  template <class RowConsumer>
  Status take(RowConsumer&& consumeRow);

  const SolverShape shape_;
  Team& team_;
  const SolverPlan plan_;
  Arena arena_;
  std::unique_ptr<RealFft2d> fft_;
  std::unique_ptr<Method> method_;
  SolverSettings settings_;
  Stage stage_ = Stage::kNew;
  std::optional<std::uint64_t> left_;  ///< sum of the memory, where it is guarded and the last call came to its end
  int knownDifferences_ = 0;           ///< of transforms that were told of
};

}  // namespace perifocal
