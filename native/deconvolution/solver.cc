#include "deconvolution/solver.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "deconvolution/memory_sum.h"
#include "image/sample_window.h"

namespace perifocal {
namespace {

std::size_t totalsBytes(const Geometry& geometry) { return sizeof(RowTotals) * geometry.rows; }

MethodMemory methodMemory(const SolverShape& shape, const Geometry& geometry) {
  switch (shape.method) {
    case DeconvolutionMethod::kWiener: return wienerMemory(shape, geometry);
    case DeconvolutionMethod::kRichardsonLucy: return richardsonLucyMemory(shape, geometry);
    case DeconvolutionMethod::kHyperLaplacian: return hyperLaplacianMemory(shape, geometry);
  }
  return {};
}

std::unique_ptr<Method> createMethod(const Workspace& workspace, Arena& arena) {
  switch (workspace.shape.method) {
    case DeconvolutionMethod::kWiener: return createWiener(workspace, arena);
    case DeconvolutionMethod::kRichardsonLucy: return createRichardsonLucy(workspace, arena);
    case DeconvolutionMethod::kHyperLaplacian: return createHyperLaplacian(workspace, arena);
  }
  return nullptr;
}

/// Whether all values are numbers, and none less light than nothing where the method cannot make that.
bool isPlausible(const float* row, const SolverShape& shape) {
  const bool isMultiplicative = shape.method == DeconvolutionMethod::kRichardsonLucy;
  const float least = isMultiplicative ? 0 : std::numeric_limits<float>::lowest();
  return std::all_of(row, row + shape.width, [least](float value) { return value >= least && std::isfinite(value); });
}

/// Adds row y times its weights.
void blendRow(const float* values, const BlendWindow& window, int y, int count) {
  float* out = window.first + y * window.rowStride;
  for (int x = 0; x < count; ++x) out[x] += window.rowWeights[y] * window.columnWeights[x] * values[x];
}

}  // namespace

SolverPlan planSolver(const SolverShape& shape) {
  SolverPlan plan;
  plan.geometry = geometryOf(shape);
  const MethodMemory method = methodMemory(shape, plan.geometry);
  plan.buffers = {
      {{"transforms", RealFft2d::arenaBytes(plan.geometry.rows, plan.geometry.columns, shape.threads)},
       {"spectra", method.spectra},
       {"transfer functions", method.transferFunctions},
       {"samples", method.samples},
       {"weights", method.weights},
       {"estimates", method.estimates},
       {"rows", arenaBytes(RowScratch::bytes(shape, plan.geometry)) + arenaBytes(totalsBytes(plan.geometry))}}};
  plan.arenaBytes = 0;
  for (const SolverBuffer& buffer : plan.buffers) plan.arenaBytes += buffer.bytes;
  return plan;
}

Status Solver::create(const SolverShape& shape, const FftKernels& fft, const DeconvolutionKernels& kernels, Team& team,
                      std::unique_ptr<Solver>& out) {
  std::unique_ptr<Solver> solver(new Solver(shape, team));
  const Status status = solver->attach(fft, kernels);
  if (status.ok()) out = std::move(solver);
  return status;
}

Status Solver::attach(const FftKernels& fft, const DeconvolutionKernels& kernels) {
  const Geometry& geometry = plan_.geometry;
  if (!arena_.map(plan_.arenaBytes)) {
    return {StatusCode::kOutOfMemory, "could not map " + std::to_string(plan_.arenaBytes) + " bytes"};
  }
  const Status status = RealFft2d::create(geometry.rows, geometry.columns, fft, team_, arena_, fft_);
  if (!status.ok()) return status;
  if (shape_.guarded) fft_->repeatSome();
  RowScratch scratch;
  scratch.create(shape_, geometry, arena_);
  auto* totals = reinterpret_cast<RowTotals*>(arena_.take(totalsBytes(geometry)));
  method_ = createMethod({shape_, plan_.geometry, kernels, *fft_, team_, scratch, totals}, arena_);
  if (arena_.take(1) != nullptr) return {StatusCode::kInternal, "a solver has taken less memory than planned"};
  return {};
}

Status Solver::require(Stage needed) const {
  if (stage_ >= needed) return {};
  switch (needed) {
    case Stage::kReady: return {StatusCode::kState, "the solver has no PSF yet"};
    case Stage::kLoaded: return {StatusCode::kState, "the solver has nothing loaded"};
    default: return {StatusCode::kState, "the solver has not made a step since the last load"};
  }
}

Status Solver::reach(Stage stage) {
  Status status = leave();
  if (status.ok()) stage_ = stage;
  return status;
}

Status Solver::arrive(Stage needed) {
  Status status = require(needed);
  const std::optional<std::uint64_t> left = std::exchange(left_, std::nullopt);
  if (!status.ok() || !left) return status;
  const std::uint64_t sum = sumOf(arena_, team_);
  status = team_.status();
  if (!status.ok() || sum == *left) return status;
  stage_ = Stage::kNew;
  return {StatusCode::kIntegrity, "the memory of a solver has changed between two steps"};
}

Status Solver::leave() {
  left_.reset();
  const Status status = team_.status();
  if (!status.ok() || !shape_.guarded) return status;
  if (fft_->differences() != knownDifferences_) {
    knownDifferences_ = fft_->differences();
    stage_ = Stage::kNew;
    return {StatusCode::kIntegrity, "rows were transformed twice and differ"};
  }
  const std::uint64_t sum = sumOf(arena_, team_);
  if (team_.status().ok()) left_ = sum;
  return team_.status();
}

Status Solver::setPsf(const Psf& psf) {
  stage_ = Stage::kNew;
  method_->setPsf(psf);
  return reach(Stage::kReady);
}

Status Solver::load(const SourceWindow& source, const ValidMask& valid, LoadReport& report) {
  const Status status = arrive(Stage::kReady);
  if (!status.ok()) return status;
  stage_ = Stage::kReady;
  report = method_->load(source, valid, settings_);
  return reach(Stage::kLoaded);
}

Status Solver::fitSignal(double sigma, SignalPrior prior, SignalFit& fit) {
  const Status status = arrive(Stage::kLoaded);
  if (!status.ok()) return status;
  fit = method_->fitSignal(sigma, prior);
  return leave();
}

Status Solver::step(StepReport& report) {
  const Status status = arrive(Stage::kLoaded);
  if (!status.ok()) return status;
  if (shape_.method == DeconvolutionMethod::kWiener && stage_ == Stage::kStepped) {
    return {StatusCode::kState, "Wiener's filter has made its one step; load again"};
  }
  stage_ = Stage::kReady;
  report = method_->step(settings_);
  return reach(Stage::kStepped);
}

template <class RowConsumer>
Status Solver::take(RowConsumer&& consumeRow) {
  Status status = arrive(Stage::kStepped);
  if (!status.ok()) return status;
  std::atomic<bool> implausible{false};
  auto consume = [&](int first, int count, float* rows, std::ptrdiff_t stride, int) {
    const int end = std::min(first + count, shape_.height);
    for (int y = first; y < end; ++y) {
      const float* row = rows + (y - first) * stride;
      if (shape_.guarded && !isPlausible(row, shape_)) implausible = true;
      consumeRow(row, y);
    }
  };
  stage_ = Stage::kReady;
  method_->takeRows(RowVisit(consume));
  status = leave();
  if (status.ok() && implausible) return {StatusCode::kIntegrity, "a solver has made what no scene can be"};
  return status;
}

Status Solver::store(const TargetWindow& target) {
  return take([&](const float* row, int y) { storeRow(row, target, y, shape_.width); });
}

Status Solver::blend(const BlendWindow& target) {
  return take([&](const float* row, int y) { blendRow(row, target, y, shape_.width); });
}

}  // namespace perifocal
