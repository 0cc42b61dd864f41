#include "stars/autocorrelation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "runtime/parallel.h"
#include "stars/tile_fft.h"

namespace perifocal {
namespace {

/// Windows are summed in so many parts, whatever the number of threads, and then the parts in their order.
constexpr int kParts = 3;

struct Interval {
  double low, high;
};

/// Where |slope t + offset| < limit; a limit of Infinity is everywhere.
Interval within(double slope, double offset, double limit) {
  constexpr double kAll = std::numeric_limits<double>::infinity();
  if (slope == 0) return std::fabs(offset) < limit ? Interval{-kAll, kAll} : Interval{kAll, -kAll};
  const double a = (-limit - offset) / slope, b = (limit - offset) / slope;
  return {std::min(a, b), std::max(a, b)};
}

Interval both(const Interval& a, const Interval& b) { return {std::max(a.low, b.low), std::min(a.high, b.high)}; }

/// Lane by lane, the same on every machine.
double energyOf(const float* values, int count) {
  constexpr int kLanes = 8;
  double sums[kLanes] = {}, sum = 0;
  int i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (int lane = 0; lane < kLanes; ++lane) sums[lane] += static_cast<double>(values[i + lane]) * values[i + lane];
  }
  for (; i < count; ++i) sum += static_cast<double>(values[i]) * values[i];
  for (const double lane : sums) sum += lane;
  return sum;
}

/// Sums power spectra of windows with zeros around them, so that lags do not wrap.
class PowerSum {
 public:
  Status create(const CorrelationRequest& request, const FftKernels& kernels) {
    request_ = &request;
    window_.resize(static_cast<std::size_t>(request.side) * request.side);
    const Status status = fft_.create(2 * request.side, 2 * request.side, kernels);
    if (status.ok()) power_.resize(fft_.spectrum().stride * 2 * request.side);
    return status;
  }

  void add(const WindowCentre& centre) {
    const double energy = cut(centre);
    if (!(energy > 0)) return;
    const int side = request_->side;
    fft_.forwardRows([&](int row, float* out) {
      std::fill_n(out, 2 * side, 0.0f);
      if (row < side) std::copy_n(window_.data() + static_cast<std::ptrdiff_t>(row) * side, side, out);
    });
    fft_.plan().forwardColumns(fft_.spectrum());
    const auto weight = static_cast<float>(1 / std::sqrt(energy));
    for (std::size_t group = 0; group < power_.size(); group += 2 * kBinGroup) {
      const float *re = fft_.spectrum().data + group, *im = re + kBinGroup;
      // A list of its own, so that compilers need not fear that it is part of the spectrum.
      float powers[kBinGroup];
      for (int i = 0; i < kBinGroup; ++i) powers[i] = weight * (re[i] * re[i] + im[i] * im[i]);
      for (int i = 0; i < kBinGroup; ++i) power_[group + i] += powers[i];
    }
  }

  void add(const PowerSum& other) {
    for (std::size_t i = 0; i < power_.size(); ++i) power_[i] += other.power_[i];
  }

  void toLags(Autocorrelation& lags) {
    std::copy(power_.begin(), power_.end(), fft_.spectrum().data);
    fft_.plan().inverseColumns(fft_.spectrum());
    const int side = request_->side;
    fft_.inverseRows([&](int row, const float* values) {
      if (row == side) return;
      const int dy = row < side ? row : row - 2 * side;
      for (int dx = 1 - side; dx < side; ++dx) lags.at(dx, dy) = values[dx < 0 ? dx + 2 * side : dx];
    });
  }

 private:
  /// What of a window counts; returns its energy.
  double cut(const WindowCentre& centre) {
    const auto& [plane, centres, side, mask] = *request_;
    std::fill(window_.begin(), window_.end(), 0.0f);
    const int left = static_cast<int>(std::lround(centre.x)) - side / 2;
    const int top = static_cast<int>(std::lround(centre.y)) - side / 2;
    double energy = 0;
    for (int y = std::max(0, top); y < std::min(plane.height, top + side); ++y) {
      const double dy = y - centre.y;
      const Interval counting = both(within(mask.sin, dy * mask.cos, mask.margin),
                                     within(mask.cos, -dy * mask.sin, mask.length / 2 + mask.margin));
      const double first = std::max<double>(std::max(0, left), std::ceil(centre.x + counting.low));
      const double last =
          std::min<double>(std::min(plane.width, left + side) - 1, std::floor(centre.x + counting.high));
      if (!(first <= last)) continue;
      const auto x = static_cast<int>(first), count = static_cast<int>(last) - x + 1;
      const float* row = plane.data + plane.at(x, y);
      std::copy_n(row, count, window_.data() + static_cast<std::ptrdiff_t>(y - top) * side + x - left);
      energy += energyOf(row, count);
    }
    return energy;
  }

  const CorrelationRequest* request_ = nullptr;
  TileFft fft_;
  std::vector<float> window_, power_;
};

}  // namespace

Status correlateWindows(const CorrelationRequest& request, const FftKernels& kernels, Team& team,
                        Autocorrelation& sum) {
  std::array<PowerSum, kParts> parts;
  for (PowerSum& part : parts) {
    const Status status = part.create(request, kernels);
    if (!status.ok()) return status;
  }
  forEach(team, kParts, [&](int part, int) {
    for (std::size_t i = part; i < request.centres.size() && !team.cancelled(); i += kParts) {
      parts[part].add(request.centres[i]);
    }
  });
  for (int part = 1; part < kParts; ++part) parts[0].add(parts[part]);
  parts[0].toLags(sum);
  return team.status();
}

}  // namespace perifocal
