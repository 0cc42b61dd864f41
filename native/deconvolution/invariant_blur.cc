#include "deconvolution/blur.h"
#include "deconvolution/transfer.h"

namespace perifocal {
namespace {

/// One PSF: everything happens in place in one spectrum.
class InvariantBlur final : public Blur {
 public:
  InvariantBlur(const BlurContext& context, Arena& arena) : fft_(context.fft), spectrum_(fft_.takeSpectrum(arena)) {
    transfer_.create(context.shape, context.geometry, context.kernels, arena);
  }

  void setPsf(const Psf& psf) override { transfer_.set(psf.kernels, fft_, spectrum_); }

  void start(RowVisit produce) override { fft_.forwardRows(produce.function, produce.context, spectrum_); }
  void blur() override {
    auto multiply = [this](const ColumnBlock& block, int) { transfer_.multiply(block); };
    const ColumnVisit visit(multiply);
    fft_.throughColumns(spectrum_, visit.function, visit.context);
  }
  void exchangeModels(RowVisit toRatios) override { fft_.sweepRows(spectrum_, toRatios.function, toRatios.context); }
  void startRatios(RowVisit produce) override { start(produce); }
  void spread() override {
    auto multiply = [this](const ColumnBlock& block, int) { transfer_.multiplyConjugate(block); };
    const ColumnVisit visit(multiply);
    fft_.throughColumns(spectrum_, visit.function, visit.context);
  }
  void exchangeCorrections(RowVisit toEstimates) override {
    fft_.sweepRows(spectrum_, toEstimates.function, toEstimates.context);
  }
  void readCorrections(RowVisit consume) override { fft_.inverseRows(spectrum_, consume.function, consume.context); }

 private:
  RealFft2d& fft_;
  Spectrum spectrum_;
  TransferFunction transfer_;
};

}  // namespace

std::unique_ptr<Blur> createInvariantBlur(const BlurContext& context, Arena& arena) {
  return std::make_unique<InvariantBlur>(context, arena);
}

}  // namespace perifocal
