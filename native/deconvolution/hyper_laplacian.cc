// Krishnan and Fergus 2009: min_x sum (lambda / 2) (h (*) x - y)^2 + |d/dx x|^alpha + |d/dy x|^alpha by half-quadratic
// splitting. One step is a w-step (gradients shrunk, pixel by pixel) and an x-step (a division of spectra).
#include <algorithm>
#include <cmath>

#include "deconvolution/fourier.h"
#include "deconvolution/method.h"
#include "deconvolution/observation.h"
#include "deconvolution/shrinkage.h"
#include "deconvolution/surroundings.h"
#include "deconvolution/transfer.h"
#include "runtime/parallel.h"

namespace perifocal {
namespace {

/// Rows of scratch, by use.
enum ScratchRow { kSpare, kAcross, kDown, kDownAbove };

/// beta of a step, from 0: the paper's 1, 2 sqrt 2, ... below 256.
double betaOf(int step) {
  constexpr int kLastStep = 5;
  return std::pow(2 * std::sqrt(2.0), std::min(step, kLastStep));
}

class HyperLaplacian final : public Method {
 public:
  HyperLaplacian(const Workspace& workspace, Arena& arena)
      : w_(workspace),
        penalty_(Penalty::gradient(workspace.geometry)),
        residuals_(workspace.geometry),
        surroundings_(workspace, observation_, transfer_) {
    spectrum_ = w_.fft.takeSpectrum(arena);
    transfer_.create(w_.shape, w_.geometry, w_.kernels, arena);
    observed_.create(w_.geometry, 2 * kBinGroup, arena);
    observation_.create(w_.shape, w_.geometry, w_.kernels, arena);
    estimate_ = takePlane(w_.geometry, arena);
  }

  void setPsf(const Psf& psf) override { transfer_.set(psf.kernels, w_.fft, spectrum_); }
  LoadReport load(const SourceWindow& source, const ValidMask& valid, const SolverSettings& settings) override;
  StepReport step(const SolverSettings& settings) override;
  void takeRows(RowVisit consume) override;

 private:
  void shrinkGradients(const Shrinkage& shrinkage);
  void shrinkRow(int y, int indexInBlock, const Shrinkage& shrinkage, float* row, int thread);
  void solve(float weight);
  void readEstimate();
  void keep(int y, const float* row);

  Workspace w_;
  Penalty penalty_;
  BinSums residuals_;
  Spectrum spectrum_;
  TransferFunction transfer_;
  ColumnPanels observed_;  ///< transform of the samples
  Observation observation_;
  Surroundings surroundings_;
  Plane estimate_;
  LightMeter light_;
  int steps_ = 0;
};

LoadReport HyperLaplacian::load(const SourceWindow& source, const ValidMask& valid, const SolverSettings& settings) {
  steps_ = 0;
  LoadReport loaded = observation_.load(source, valid, settings, w_.team, w_.scratch);
  auto produce = [this](int first, int count, float* rows, std::ptrdiff_t stride, int thread) {
    for (int i = 0; i < count; ++i) {
      observation_.values(first + i, rows + i * stride, w_.scratch.row(thread, kSpare));
      keep(first + i, rows + i * stride);
    }
  };
  auto store = [this](const ColumnBlock& block, int) {
    light_.observe(block);
    std::copy_n(block.data, block.rows * 2 * kBinGroup, observed_.at(block));
  };
  const RowVisit producing(produce);
  const ColumnVisit storing(store);
  w_.fft.forwardRows(producing.function, producing.context, spectrum_);
  surroundings_.fill(spectrum_, loaded.validPixels);
  w_.fft.forwardColumns(spectrum_, storing.function, storing.context);
  return loaded;
}

StepReport HyperLaplacian::step(const SolverSettings& settings) {
  const double beta = betaOf(steps_++);
  shrinkGradients(shrinkageOf(settings.alpha, beta));
  solve(static_cast<float>(beta / settings.lambda));
  readEstimate();
  const RowTotals sums = total(w_.totals, w_.geometry.rows);
  return {residuals_.mean(), sums.norm > 0 ? std::sqrt(sums.change / sums.norm) : 0, light_.ratio()};
}

/// The w-step, and the adjoint of the gradient of what it gives.
void HyperLaplacian::shrinkGradients(const Shrinkage& shrinkage) {
  auto shrink = [&](int first, int count, float* rows, std::ptrdiff_t stride, int thread) {
    for (int i = 0; i < count; ++i) shrinkRow(first + i, i, shrinkage, rows + i * stride, thread);
  };
  const RowVisit shrinking(shrink);
  w_.fft.forwardRows(shrinking.function, shrinking.context, spectrum_);
}

/// Rows of a block come in turn: the vertical gradients above are those of the last call.
void HyperLaplacian::shrinkRow(int y, int indexInBlock, const Shrinkage& shrinkage, float* row, int thread) {
  const int columns = w_.geometry.columns;
  const float* here = estimate_.row(y);
  float* across = w_.scratch.row(thread, kAcross);
  float* down = w_.scratch.row(thread, indexInBlock % 2 == 0 ? kDown : kDownAbove);
  float* downAbove = w_.scratch.row(thread, indexInBlock % 2 == 0 ? kDownAbove : kDown);
  if (indexInBlock == 0) w_.kernels.shrinkDifference(estimate_.above(y), here, shrinkage, columns, downAbove);
  w_.kernels.shrinkDifference(here, here + 1, shrinkage, columns, across);
  w_.kernels.shrinkDifference(here, estimate_.below(y), shrinkage, columns, down);
  across[-1] = across[columns - 1];
  w_.kernels.divergence(across, down, downAbove, columns, row);
}

/// The x-step.
void HyperLaplacian::solve(float weight) {
  residuals_.clear();
  auto divide = [&](const ColumnBlock& block, int) {
    w_.kernels.solve({block.data, observed_.at(block), transfer_.at(block), transfer_.isReal(), block.frequency,
                      penalty_.ofRow.data(), penalty_.ofColumn.data() + block.bin, block.rows, weight},
                     residuals_.at(block));
    light_.estimate(block);
  };
  const ColumnVisit dividing(divide);
  w_.fft.throughColumns(spectrum_, dividing.function, dividing.context);
}

void HyperLaplacian::readEstimate() {
  auto read = [this](int first, int count, float* rows, std::ptrdiff_t stride, int) {
    for (int i = 0; i < count; ++i) {
      const int y = first + i, inTile = y < w_.geometry.height ? w_.geometry.width : 0;
      const float* row = rows + i * stride;
      const Distance distance = w_.kernels.compare(row, estimate_.row(y), inTile);
      w_.totals[y].change = distance.change;
      w_.totals[y].norm = distance.norm;
      keep(y, row);
    }
  };
  const RowVisit reading(read);
  w_.fft.inverseRows(spectrum_, reading.function, reading.context);
}

/// Gradients look at the column right of the last one, which is the first one.
void HyperLaplacian::keep(int y, const float* row) {
  float* out = estimate_.row(y);
  std::copy_n(row, w_.geometry.columns, out);
  out[w_.geometry.columns] = out[0];
}

void HyperLaplacian::takeRows(RowVisit consume) {
  forEachRow(w_.team, w_.geometry.height, [&](int y, int thread) {
    consume.function(consume.context, y, 1, estimate_.row(y), w_.geometry.pitch, thread);
  });
}

}  // namespace

MethodMemory hyperLaplacianMemory(const SolverShape& shape, const Geometry& geometry) {
  MethodMemory memory;
  memory.spectra = arenaBytes(RealFft2d::spectrumBytes(geometry.rows, geometry.columns)) +
                   arenaBytes(ColumnPanels::bytes(geometry, 2 * kBinGroup));
  memory.transferFunctions = arenaBytes(TransferFunction::bytes(shape, geometry));
  memory.samples = arenaBytes(Observation::sampleBytes(shape)) + arenaBytes(Observation::maskBytes(shape));
  memory.estimates = arenaBytes(geometry.planeBytes());
  return memory;
}

std::unique_ptr<Method> createHyperLaplacian(const Workspace& workspace, Arena& arena) {
  return std::make_unique<HyperLaplacian>(workspace, arena);
}

}  // namespace perifocal
