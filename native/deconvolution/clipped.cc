#include "deconvolution/clipped.h"

#include <algorithm>
#include <vector>

namespace perifocal {
namespace {

/// Of the 9 samples around a clipped highlight so many are clipped, too: fewer may be so by noise.
constexpr int kFewestBright = 3;
/// Of dark ones, all 25: where no light falls, noise alone brings half of the samples to 0.
constexpr int kDarkReach = 2;
/// More dark samples than this part of a frame are what a dark sky looks like.
constexpr double kMostDark = 0.25;

/// Whether each sample of a row is at the end of the range that is meant.
class Ends {
 public:
  Ends(const DefectFrame& frame, bool bright, float limit)
      : frame_(frame), bright_(bright), limit_(limit), values_(frame.width()) {}

  void row(int y, std::uint8_t* out) {
    frame_.row(y, values_.data());
    for (int x = 0; x < frame_.width(); ++x) out[x] = bright_ ? values_[x] >= limit_ : values_[x] <= limit_;
  }

 private:
  const DefectFrame& frame_;
  const bool bright_;
  const float limit_;
  std::vector<float> values_;
};

/// How many of the samples around each one are at that end, row by row; `visit(x, y)` for those with enough.
template <class Visit>
void forEachTogether(const DefectFrame& frame, bool bright, float limit, int reach, int fewest, Visit&& visit) {
  const int width = frame.width(), height = frame.height(), side = 2 * reach + 1;
  Ends ends(frame, bright, limit);
  std::vector<std::uint8_t> ring(static_cast<std::size_t>(side) * width);
  std::vector<std::uint8_t> sums(width);
  const auto slot = [&](int y) { return ring.data() + static_cast<std::ptrdiff_t>(y % side) * width; };
  for (int y = 0; y < std::min(reach, height); ++y) ends.row(y, slot(y));
  for (int y = 0; y < height; ++y) {
    if (y + reach < height) ends.row(y + reach, slot(y + reach));
    std::fill(sums.begin(), sums.end(), 0);
    for (int v = std::max(0, y - reach); v <= std::min(height - 1, y + reach); ++v) {
      for (int x = 0; x < width; ++x) sums[x] += slot(v)[x];
    }
    for (int x = 0; x < width; ++x) {
      if (slot(y)[x] == 0 || sums[x] == 0) continue;
      int count = 0;
      for (int u = std::max(0, x - reach); u <= std::min(width - 1, x + reach); ++u) count += sums[u];
      if (count >= fewest && frame.isValid(x, y)) visit(x, y);
    }
  }
}

/// What is next to clipped highlights has much of their light, which quadratic priors cannot tell from a wide one.
void leaveOutAround(const DefectFrame& frame) {
  for (int y = 0; y < frame.height(); ++y) {
    for (int x = 0; x < frame.width(); ++x) {
      if (!frame.isClipped(x, y)) continue;
      for (int v = std::max(0, y - 1); v <= std::min(frame.height() - 1, y + 1); ++v) {
        for (int u = std::max(0, x - 1); u <= std::min(frame.width() - 1, x + 1); ++u) {
          if (frame.isValid(u, v)) frame.leaveOut(u, v);
        }
      }
    }
  }
}

/// Where highlights are clipped: at the end of the type, or at the brightest sample, if noise would not let several
/// have it side by side.
float highEnd(const DefectFrame& frame, float noise) {
  constexpr float kSteps = 2;
  if (noise < kSteps * frame.request().step) return frame.request().high;
  float brightest = 0;
  std::vector<float> row(frame.width());
  for (int y = 0; y < frame.height(); ++y) {
    frame.row(y, row.data());
    for (int x = 0; x < frame.width(); ++x) {
      if (row[x] > brightest && frame.isValid(x, y)) brightest = row[x];
    }
  }
  return std::min(brightest, frame.request().high);
}

}  // namespace

std::int64_t leaveOutClipped(const DefectFrame& frame, float noise) {
  constexpr int kAllDark = (2 * kDarkReach + 1) * (2 * kDarkReach + 1);
  const float high = highEnd(frame, noise), low = frame.request().low;
  std::int64_t bright = 0, dark = 0;
  const auto leaveOut = [&](int x, int y) { frame.leaveOutClipped(x, y); };
  if (high > low) {
    forEachTogether(frame, true, high, 1, kFewestBright, [&](int x, int y) { leaveOut(x, y), ++bright; });
    if (bright > 0) leaveOutAround(frame);
  }
  forEachTogether(frame, false, low, kDarkReach, kAllDark, [&](int, int) { ++dark; });
  if (static_cast<double>(dark) > kMostDark * static_cast<double>(frame.pixels())) return bright;
  forEachTogether(frame, false, low, kDarkReach, kAllDark, leaveOut);
  return bright + dark;
}

}  // namespace perifocal
