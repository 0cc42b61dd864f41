#include "deconvolution/radial_spectrum.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "deconvolution/fourier.h"

namespace perifocal {
namespace {

/// Weighted least squares of y = a + b x.
class LineFit {
 public:
  void add(double x, double y, double weight) {
    w_ += weight, x_ += weight * x, y_ += weight * y, xx_ += weight * x * x, xy_ += weight * x * y;
  }
  bool isEmpty() const { return w_ == 0; }
  /// 0 where all x agree.
  double slope() const {
    const double spread = w_ * xx_ - x_ * x_;
    return spread > 1e-12 * w_ * xx_ ? (w_ * xy_ - x_ * y_) / spread : 0;
  }
  double constantWith(double slope) const { return (y_ - slope * x_) / w_; }

 private:
  double w_ = 0, x_ = 0, y_ = 0, xx_ = 0, xy_ = 0;
};

}  // namespace

RadialSpectrum::RadialSpectrum(const Geometry& geometry)
    : geometry_(geometry), groups_(static_cast<std::size_t>(geometry.columns / 2 / kBinGroup + 1) * kRings) {}

void RadialSpectrum::clear() { std::fill(groups_.begin(), groups_.end(), Ring{}); }

void RadialSpectrum::add(const ColumnBlock& block, const TransferFunction& transfer) {
  Ring* rings = groups_.data() + static_cast<std::ptrdiff_t>(block.bin / kBinGroup) * kRings;
  const float* otf = transfer.at(block);
  const int bins = std::min(kBinGroup, geometry_.columns / 2 + 1 - block.bin);
  for (int r = 0; r < block.rows; ++r, otf += transfer.isReal() ? kBinGroup : 2 * kBinGroup) {
    const double fy = frequencyOf(block.frequency[r], geometry_.rows);
    const float* data = block.data + r * 2 * kBinGroup;
    for (int i = 0; i < bins; ++i) {
      const double fx = static_cast<double>(block.bin + i) / geometry_.columns;
      const int index = static_cast<int>(std::sqrt(fx * fx + fy * fy) * 2 * kRings);
      if (index >= kRings || (block.bin + i == 0 && block.frequency[r] == 0)) continue;
      const float imaginary = transfer.isReal() ? 0.0f : otf[kBinGroup + i];
      rings[index].power +=
          static_cast<double>(data[i]) * data[i] + static_cast<double>(data[kBinGroup + i]) * data[kBinGroup + i];
      rings[index].transfer += static_cast<double>(otf[i]) * otf[i] + static_cast<double>(imaginary) * imaginary;
      rings[index].count += 1;
    }
  }
}

RadialSpectrum::Ring RadialSpectrum::ring(int index) const {
  Ring sum{};
  for (std::size_t i = index; i < groups_.size(); i += kRings) {
    sum.power += groups_[i].power;
    sum.transfer += groups_[i].transfer;
    sum.count += groups_[i].count;
  }
  return sum;
}

SignalFit RadialSpectrum::fit(double sigma, SignalPrior prior) const {
  constexpr double kLeastSignal = 0.5;  // over the noise: below, the difference of the two means little
  constexpr double kLeastTransfer = 1e-3;
  const double pixels = static_cast<double>(geometry_.rows) * geometry_.columns, noise = std::max(sigma * sigma, 1e-12);
  LineFit line;
  for (int index = 0; index < kRings; ++index) {
    const Ring r = ring(index);
    if (r.count == 0) continue;
    const double signal = r.power / r.count / pixels - noise, transfer = r.transfer / r.count;
    if (signal < kLeastSignal * noise || transfer < kLeastTransfer) continue;
    line.add(std::log((index + 0.5) / (2 * kRings)), std::log(signal / transfer), 1);
  }
  if (line.isEmpty()) return {1, 0};
  const double slope = prior == SignalPrior::kPowerLaw   ? std::clamp(line.slope(), -4.0, 0.0)
                       : prior == SignalPrior::kGradient ? -2.0
                                                         : 0.0;
  // The gradient's penalty is (2 pi rho)^2 where it matters.
  const double scale = prior == SignalPrior::kGradient ? 4 * std::numbers::pi * std::numbers::pi : 1;
  return {noise / std::exp(line.constantWith(slope)) / scale, -slope};
}

}  // namespace perifocal
