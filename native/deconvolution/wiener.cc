// Wiener's filter: X = conj(H) Y / (|H|^2 + nsr P), P the inverse of the scene's spectrum up to a factor.
#include <algorithm>
#include <array>
#include <cmath>

#include "deconvolution/fourier.h"
#include "deconvolution/method.h"
#include "deconvolution/observation.h"
#include "deconvolution/radial_spectrum.h"
#include "deconvolution/surroundings.h"
#include "deconvolution/transfer.h"

namespace perifocal {
namespace {

class Wiener final : public Method {
 public:
  Wiener(const Workspace& workspace, Arena& arena)
      : w_(workspace),
        flat_(Penalty::flat(workspace.geometry)),
        gradient_(Penalty::gradient(workspace.geometry)),
        zero_(workspace.geometry.rows),
        residuals_(workspace.geometry),
        radial_(workspace.geometry),
        surroundings_(workspace, observation_, transfer_) {
    spectrum_ = w_.fft.takeSpectrum(arena);
    transfer_.create(w_.shape, w_.geometry, w_.kernels, arena);
    observation_.create(w_.shape, w_.geometry, w_.kernels, arena);
  }

  void setPsf(const Psf& psf) override { transfer_.set(psf.kernels, w_.fft, spectrum_); }
  LoadReport load(const SourceWindow& source, const ValidMask& valid, const SolverSettings& settings) override;
  SignalFit fitSignal(double sigma, SignalPrior prior) override;
  StepReport step(const SolverSettings& settings) override;
  void takeRows(RowVisit consume) override { w_.fft.inverseRows(spectrum_, consume.function, consume.context); }

 private:
  void divide(const ColumnBlock& block, const Penalty& penalty, float nsr);
  void divideByPower(const ColumnBlock& block, float nsr, double exponent);

  Workspace w_;
  const Penalty flat_, gradient_;
  const std::vector<float> zero_;
  BinSums residuals_;
  RadialSpectrum radial_;
  LightMeter light_;
  Spectrum spectrum_;
  TransferFunction transfer_;
  Observation observation_;
  Surroundings surroundings_;
};

LoadReport Wiener::load(const SourceWindow& source, const ValidMask& valid, const SolverSettings& settings) {
  LoadReport loaded = observation_.load(source, valid, settings, w_.team, w_.scratch);
  auto produce = [this](int first, int count, float* rows, std::ptrdiff_t stride, int thread) {
    for (int i = 0; i < count; ++i) observation_.values(first + i, rows + i * stride, w_.scratch.row(thread, 0));
  };
  const RowVisit producing(produce);
  w_.fft.forwardRows(producing.function, producing.context, spectrum_);
  surroundings_.fill(spectrum_, loaded.validPixels);
  return loaded;
}

SignalFit Wiener::fitSignal(double sigma, SignalPrior prior) {
  radial_.clear();
  auto measure = [this](const ColumnBlock& block, int) { radial_.add(block, transfer_); };
  const ColumnVisit measuring(measure);
  w_.fft.forwardColumns(spectrum_, measuring.function, measuring.context);
  return radial_.fit(sigma, prior);
}

StepReport Wiener::step(const SolverSettings& settings) {
  residuals_.clear();
  auto filter = [&](const ColumnBlock& block, int) {
    light_.observe(block);
    switch (settings.prior) {
      case SignalPrior::kFlat: divide(block, flat_, settings.nsr); break;
      case SignalPrior::kGradient: divide(block, gradient_, settings.nsr); break;
      case SignalPrior::kPowerLaw: divideByPower(block, settings.nsr, settings.exponent); break;
    }
    light_.restore(block);
  };
  const ColumnVisit filtering(filter);
  w_.fft.throughColumns(spectrum_, filtering.function, filtering.context);
  return {residuals_.mean(), std::numeric_limits<double>::quiet_NaN(), 1};
}

void Wiener::divide(const ColumnBlock& block, const Penalty& penalty, float nsr) {
  w_.kernels.solve({block.data, nullptr, transfer_.at(block), transfer_.isReal(), block.frequency, penalty.ofRow.data(),
                    penalty.ofColumn.data() + block.bin, block.rows, nsr},
                   residuals_.at(block));
}

/// rho^exponent is no sum of a term per row and one per column: row by row.
void Wiener::divideByPower(const ColumnBlock& block, float nsr, double exponent) {
  const int otfFloats = transfer_.isReal() ? kBinGroup : 2 * kBinGroup;
  std::array<float, kBinGroup> penalty;
  for (int r = 0; r < block.rows; ++r) {
    const double fy = frequencyOf(block.frequency[r], w_.geometry.rows);
    for (int i = 0; i < kBinGroup; ++i) {
      const double fx = static_cast<double>(block.bin + i) / w_.geometry.columns;
      penalty[i] = static_cast<float>(std::pow(fx * fx + fy * fy, exponent / 2));
    }
    w_.kernels.solve({block.data + r * 2 * kBinGroup, nullptr, transfer_.at(block) + r * otfFloats, transfer_.isReal(),
                      block.frequency + r, zero_.data(), penalty.data(), 1, nsr},
                     residuals_.at(block));
  }
}

}  // namespace

MethodMemory wienerMemory(const SolverShape& shape, const Geometry& geometry) {
  MethodMemory memory;
  memory.spectra = arenaBytes(RealFft2d::spectrumBytes(geometry.rows, geometry.columns));
  memory.transferFunctions = arenaBytes(TransferFunction::bytes(shape, geometry));
  memory.samples = arenaBytes(Observation::sampleBytes(shape)) + arenaBytes(Observation::maskBytes(shape));
  return memory;
}

std::unique_ptr<Method> createWiener(const Workspace& workspace, Arena& arena) {
  return std::make_unique<Wiener>(workspace, arena);
}

}  // namespace perifocal
