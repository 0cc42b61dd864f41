#include "stars/banding.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "runtime/parallel.h"
#include "stars/median.h"

namespace perifocal {
namespace {

/// Lines that are looked at first, and their pixels.
constexpr int kLines = 64, kPixels = 256;
/// A line of fewer pixels tells nothing of its level.
constexpr std::size_t kLeastPixels = 64;
/// Lines differ when they do so by this many times what noise alone makes of their medians.
constexpr double kDiffer = 2;
/// Variance of a median over that of a mean.
constexpr double kMedianVariance = 1.5707963;

/// Rows or columns of a plane.
struct Lines {
  float* plane;
  const std::uint8_t* invalid;
  int count, length;
  std::ptrdiff_t toNext, along;

  /// Of at most so many pixels; none where too few are used.
  bool medianOf(int line, int most, double& median) const {
    const int step = std::max(1, length / most | 1);
    std::vector<float> values;
    for (int i = 0; i < length; i += step) {
      const std::ptrdiff_t at = line * toNext + i * along;
      if (invalid[at] == 0) values.push_back(plane[at]);
    }
    if (values.size() < kLeastPixels) return false;
    median = perifocal::medianOf(std::span<const float>(values));
    return true;
  }

  bool differ(double sigma) const {
    const int step = std::max(1, count / kLines);
    std::vector<double> levels;
    double level = 0;
    for (int line = 0; line < count; line += step) {
      if (medianOf(line, kPixels, level)) levels.push_back(level);
    }
    if (levels.size() < kLines / 2) return false;
    const double middle = perifocal::medianOf(std::span<const double>(levels));
    for (double& value : levels) value = std::fabs(value - middle);
    const double spread = 1.4826 * perifocal::medianOf(std::span<const double>(levels));
    return spread > kDiffer * sigma * std::sqrt(kMedianVariance / std::min(length, kPixels));
  }

  void subtract(Team& team) const {
    forEachRow(team, count, [&](int line, int) {
      double level = 0;
      if (!medianOf(line, length, level)) return;
      for (int i = 0; i < length; ++i) plane[line * toNext + i * along] -= static_cast<float>(level);
    });
  }
};

}  // namespace

bool subtractBands(float* plane, const std::uint8_t* invalid, int width, int height, double sigma, Team& team) {
  bool isSubtracted = false;
  for (const Lines& lines :
       {Lines{plane, invalid, height, width, width, 1}, Lines{plane, invalid, width, height, 1, width}}) {
    if (!lines.differ(sigma)) continue;
    lines.subtract(team);
    isSubtracted = true;
  }
  return isSubtracted;
}

}  // namespace perifocal
