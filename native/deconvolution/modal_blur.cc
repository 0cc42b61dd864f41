#include <algorithm>
#include <vector>

#include "deconvolution/blur.h"
#include "deconvolution/coefficient_grid.h"
#include "deconvolution/transfer.h"
#include "runtime/parallel.h"

namespace perifocal {
namespace {

std::ptrdiff_t kernelSizeOf(const SolverShape& shape) {
  return static_cast<std::ptrdiff_t>(2 * shape.radiusX + 1) * (2 * shape.radiusY + 1);
}

/// Eigen-PSF modes: their spectra are summed up in column panels; rows wait in a plane between modes.
class ModalBlur final : public Blur {
 public:
  ModalBlur(const BlurContext& context, Arena& arena)
      : fft_(context.fft),
        team_(context.team),
        geometry_(context.geometry),
        modes_(context.shape.modes),
        kernelSize_(kernelSizeOf(context.shape)),
        spectrum_(fft_.takeSpectrum(arena)),
        transfers_(modes_),
        coefficients_(geometry_) {
    for (TransferFunction& transfer : transfers_) transfer.create(context.shape, geometry_, context.kernels, arena);
    sum_.create(geometry_, 2 * kBinGroup, arena);
    plane_ = reinterpret_cast<float*>(arena.take(geometry_.planeBytes()));
  }

  void setPsf(const Psf& psf) override {
    for (int k = 0; k < modes_; ++k) transfers_[k].set(psf.kernels + k * kernelSize_, fft_, spectrum_);
    coefficients_.set(psf, modes_);
  }

  void start(RowVisit produce) override {
    for (int k = 0; k < modes_; ++k) {
      auto weigh = [&](int row, int count, float* rows, std::ptrdiff_t stride, int thread) {
        if (k == 0) {
          produce.function(produce.context, row, count, rows, stride, thread);
          forRows(row, count, rows, stride, [&](float* kept, float* values, int) { copyRow(values, kept); });
        }
        forRows(row, count, rows, stride, [&](float* kept, float* values, int y) {
          copyRow(kept, values);
          coefficients_.apply(k, y, values, false, values);
        });
      };
      const RowVisit weighing(weigh);
      fft_.forwardRows(weighing.function, weighing.context, spectrum_);
      addTransformed(k);
    }
  }

  void blur() override {
    auto give = [this](const ColumnBlock& block, int) {
      std::copy_n(sum_.at(block), block.rows * 2 * kBinGroup, block.data);
    };
    const ColumnVisit giving(give);
    fft_.inverseColumns(giving.function, giving.context, spectrum_);
  }

  void exchangeModels(RowVisit toRatios) override { fft_.sweepRows(spectrum_, toRatios.function, toRatios.context); }
  void startRatios(RowVisit produce) override { fft_.forwardRows(produce.function, produce.context, spectrum_); }

  /// Leaves the corrections in the plane.
  void spread() override {
    auto keep = [this](const ColumnBlock& block, int) {
      std::copy_n(block.data, block.rows * 2 * kBinGroup, sum_.at(block));
    };
    const ColumnVisit keeping(keep);
    fft_.forwardColumns(spectrum_, keeping.function, keeping.context);
    for (int k = 0; k < modes_; ++k) {
      auto give = [&](const ColumnBlock& block, int) {
        std::copy_n(sum_.at(block), block.rows * 2 * kBinGroup, block.data);
        transfers_[k].multiplyConjugate(block);
      };
      const ColumnVisit giving(give);
      fft_.inverseColumns(giving.function, giving.context, spectrum_);
      auto add = [&](int row, int count, float* rows, std::ptrdiff_t stride, int) {
        forRows(row, count, rows, stride,
                [&](float* kept, float* values, int y) { coefficients_.apply(k, y, values, k > 0, kept); });
      };
      const RowVisit adding(add);
      fft_.inverseRows(spectrum_, adding.function, adding.context);
    }
  }

  void exchangeCorrections(RowVisit toEstimates) override {
    auto exchange = [&](int row, int count, float* rows, std::ptrdiff_t stride, int thread) {
      forRows(row, count, rows, stride, [&](float* kept, float* values, int) { copyRow(kept, values); });
      toEstimates.function(toEstimates.context, row, count, rows, stride, thread);
    };
    start(RowVisit(exchange));
  }

  void readCorrections(RowVisit consume) override {
    forEachRow(team_, geometry_.rows, [&](int row, int thread) {
      consume.function(consume.context, row, 1, plane_ + row * geometry_.pitch, geometry_.pitch, thread);
    });
  }

 private:
  template <class F>
  void forRows(int row, int count, float* rows, std::ptrdiff_t stride, F&& f) const {
    for (int i = 0; i < count; ++i) f(plane_ + (row + i) * geometry_.pitch, rows + i * stride, row + i);
  }
  void copyRow(const float* from, float* to) const { std::copy_n(from, geometry_.columns, to); }

  /// The first mode's product replaces the sum of the last time.
  void addTransformed(int k) {
    auto add = [&](const ColumnBlock& block, int) {
      transfers_[k].multiply(block);
      float* sum = sum_.at(block);
      const int floats = block.rows * 2 * kBinGroup;
      for (int i = 0; i < floats; ++i) sum[i] = (k == 0 ? 0.0f : sum[i]) + block.data[i];
    };
    const ColumnVisit adding(add);
    fft_.forwardColumns(spectrum_, adding.function, adding.context);
  }

  RealFft2d& fft_;
  Team& team_;
  const Geometry geometry_;
  const int modes_;
  const std::ptrdiff_t kernelSize_;
  Spectrum spectrum_;
  std::vector<TransferFunction> transfers_;
  ColumnPanels sum_;
  float* plane_ = nullptr;
  CoefficientGrid coefficients_;
};

}  // namespace

std::unique_ptr<Blur> createModalBlur(const BlurContext& context, Arena& arena) {
  return std::make_unique<ModalBlur>(context, arena);
}

}  // namespace perifocal
