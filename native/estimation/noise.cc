#include "estimation/noise.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "image/sample_window.h"

namespace perifocal {
namespace {

/// |[[1, -2, 1], [-2, 4, -2], [1, -2, 1]]| of white noise: standard deviation 6 sigma.
constexpr double kGain = 6;
/// Median of |normal| in standard deviations.
constexpr double kMedianOfNormal = 0.6744897502;

/// Absolute Laplacians; for their median they are counted by size, so that none of a frame is kept.
class Sizes {
 public:
  Sizes(double step, bool isCounted) : step_(step), counts_(isCounted ? 1 << 16 : 0) {}

  void add(double value) {
    if (!counts_.empty()) ++counts_[std::min(static_cast<std::size_t>(value / step_ + 0.5), counts_.size() - 1)];
    ++total_;
    sum_ += value;
  }
  std::int64_t total() const { return total_; }
  double mean() const { return sum_ / static_cast<double>(total_); }

  /// Within the bin, values are taken to be spread evenly.
  double median() const {
    const double half = static_cast<double>(total_) / 2;
    double below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (below + counts_[i] >= half) return std::max(0.0, i - 0.5 + (half - below) / counts_[i]) * step_;
      below += counts_[i];
    }
    return 0;
  }

 private:
  double step_;
  std::vector<std::uint32_t> counts_;
  std::int64_t total_ = 0;
  double sum_ = 0;
};

/// Whether a 3x3 neighbourhood around this position of the frame lies in one 8x8 block, in this direction.
bool isInsideBlock(int position) { return position % 8 != 0 && position % 8 != 7; }

/// Fine enough that a bin is a tenth of what the smallest sample step makes, and an octave below typical noise.
double stepOf(SampleType type) { return type == SampleType::kUint8 ? 1.0 / 255 : 1.0 / 32768; }

void addRow(const NoiseRequest& request, const std::array<const float*, 3>& rows, Sizes& sizes) {
  for (int x = 1; x + 1 < request.width; ++x) {
    if (request.jpeg && !isInsideBlock(request.left + x)) continue;
    bool usable = true;
    for (const float* row : rows) {
      // False for NaN as well.
      for (int i = x - 1; i <= x + 1; ++i) usable = usable && row[i] > 0 && row[i] < request.saturation;
    }
    if (!usable) continue;
    const auto second = [x](const float* row) { return row[x - 1] - 2.0f * row[x] + row[x + 1]; };
    sizes.add(std::fabs(second(rows[0]) - 2.0f * second(rows[1]) + second(rows[2])));
  }
}

}  // namespace

NoiseEstimate estimateNoise(const NoiseRequest& request, const Team& team) {
  std::vector<float> ring(static_cast<std::size_t>(request.width) * 3);
  const auto slot = [&](int y) { return ring.data() + static_cast<std::ptrdiff_t>(y % 3) * request.width; };
  Sizes sizes(stepOf(request.window.type), request.useMedian);
  for (int y = 0; y < request.height && !team.cancelled(); ++y) {
    readRow(request.window, y, request.width, slot(y));
    if (y < 2 || (request.jpeg && !isInsideBlock(request.top + y - 1))) continue;
    addRow(request, {slot(y - 2), slot(y - 1), slot(y)}, sizes);
  }
  if (sizes.total() == 0) return {};
  const double sigma = request.useMedian ? sizes.median() / kMedianOfNormal / kGain
                                         : std::sqrt(std::numbers::pi / 2) * sizes.mean() / kGain;
  return {sigma, sizes.total()};
}

}  // namespace perifocal
