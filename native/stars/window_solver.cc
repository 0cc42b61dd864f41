#include "stars/window_solver.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <numeric>

#include "deconvolution/solver.h"
#include "fft/factors.h"
#include "runtime/parallel.h"
#include "stars/median.h"

namespace perifocal {
namespace {

/// Whether a window may wrap around: a kernel must not do so onto itself, and odd sides take longer than padded ones.
bool mayWrap(const StarWindow& window, const WindowPsf& psf) {
  return 2 * psf.radiusX < window.width && 2 * psf.radiusY < window.height &&
         goodFftSize(window.width) == window.width && goodFftSize(window.height) == window.height;
}

Boundary boundaryOf(Boundary wanted, const StarWindow& window, const WindowPsf& psf) {
  if (window.isAtEdge) return Boundary::kBertero;
  return wanted == Boundary::kPeriodic && !mayWrap(window, psf) ? Boundary::kReplicate : wanted;
}

/// The solver of one thread, kept while windows are of one size and blur.
class WindowSolver {
 public:
  explicit WindowSolver(Ticket* ticket) : team_(1, ticket) {}

  /// @param values of the window; the estimate afterwards
  Status solve(const WindowRequest& request, const StarWindow& window, const FftKernels& fft,
               const DeconvolutionKernels& kernels, float* values, double& level) {
    Status status = prepare(request, window, fft, kernels);
    if (!status.ok()) return status;
    const std::ptrdiff_t count = static_cast<std::ptrdiff_t>(window.width) * window.height;
    level = medianOf(std::span<const float>(values, count)) - request.pedestal;
    for (std::ptrdiff_t i = 0; i < count; ++i) values[i] = static_cast<float>((values[i] - level) / request.scale);
    LoadReport loaded;
    status = solver_->load({values, SampleType::kFloat32, 1, window.width}, {}, loaded);
    for (int step = 0; step < window.steps && status.ok(); ++step) {
      StepReport report;
      status = solver_->step(report);
    }
    return status.ok() ? solver_->store({values, SampleType::kFloat32, 1, window.width}) : status;
  }

 private:
  Status prepare(const WindowRequest& request, const StarWindow& window, const FftKernels& fft,
                 const DeconvolutionKernels& kernels) {
    if (solver_ != nullptr && window.width == last_.width && window.height == last_.height && window.psf == last_.psf &&
        window.isAtEdge == last_.isAtEdge) {
      return {};
    }
    const WindowPsf& psf = request.psfs[window.psf];
    SolverShape shape = request.shape;
    shape.width = window.width;
    shape.height = window.height;
    shape.radiusX = psf.radiusX;
    shape.radiusY = psf.radiusY;
    shape.symmetric = psf.symmetric;
    shape.boundary = boundaryOf(request.shape.boundary, window, psf);
    shape.samples = SampleType::kFloat32;
    shape.threads = 1;
    solver_.reset();
    const Status status = Solver::create(shape, fft, kernels, team_, solver_);
    if (!status.ok()) return status;
    last_ = window;
    solver_->configure(request.settings);
    return solver_->setPsf({psf.kernel, nullptr, 1, 1});
  }

  Team team_;
  std::unique_ptr<Solver> solver_;
  StarWindow last_{};
};

}  // namespace

Status solveWindows(const WindowRequest& request, const FftKernels& fft, const DeconvolutionKernels& kernels,
                    Team& team, double* levels) {
  const int count = static_cast<int>(request.windows.size());
  std::vector<std::ptrdiff_t> starts(count + 1);
  std::transform_inclusive_scan(
      request.windows.begin(), request.windows.end(), starts.begin() + 1, std::plus<>(),
      [](const StarWindow& w) { return static_cast<std::ptrdiff_t>(w.width) * w.height; }, std::ptrdiff_t{0});
  Team needed(std::clamp(count, 1, team.threads()), team.ticket());
  std::deque<WindowSolver> solvers;
  for (int i = 0; i < needed.threads(); ++i) solvers.emplace_back(needed.ticket());
  std::vector<Status> statuses(count);
  forEach(needed, count, [&](int i, int thread) {
    statuses[i] =
        solvers[thread].solve(request, request.windows[i], fft, kernels, request.values + starts[i], levels[i]);
  });
  const auto failed = std::find_if(statuses.begin(), statuses.end(), [](const Status& status) { return !status.ok(); });
  return failed == statuses.end() ? team.status() : *failed;
}

}  // namespace perifocal
