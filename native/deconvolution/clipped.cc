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

/// An end of the range, and where samples are at it.
struct End {
  const DefectFrame& frame;
  const RowEnds& ends;
  bool isBright;
  float limit;

  bool isIn(int y) const { return isBright ? ends.most(y) >= limit : ends.least(y) <= limit; }

  /// Whether each sample of a row is.
  void mark(int y, float* spare, std::uint8_t* out) const {
    if (!isIn(y)) return static_cast<void>(std::fill_n(out, frame.width(), 0));
    frame.row(y, spare);
    for (int x = 0; x < frame.width(); ++x) out[x] = isBright ? spare[x] >= limit : spare[x] <= limit;
  }
};

/// How many of the samples around each one are at that end, row by row; `visit(x, y)` for those with enough.
template <class Visit>
void forEachTogether(const End& end, int reach, int fewest, Visit&& visit) {
  const int width = end.frame.width(), height = end.frame.height(), side = 2 * reach + 1;
  std::vector<float> spare(width);
  std::vector<std::uint8_t> ring(static_cast<std::size_t>(side) * width);
  std::vector<std::uint8_t> sums(width);
  const auto slot = [&](int y) { return ring.data() + static_cast<std::ptrdiff_t>(y % side) * width; };
  for (int y = 0; y < std::min(reach, height); ++y) end.mark(y, spare.data(), slot(y));
  for (int y = 0; y < height; ++y) {
    if (y + reach < height) end.mark(y + reach, spare.data(), slot(y + reach));
    if (!end.isIn(y)) continue;
    std::fill(sums.begin(), sums.end(), 0);
    for (int v = std::max(0, y - reach); v <= std::min(height - 1, y + reach); ++v) {
      for (int x = 0; x < width; ++x) sums[x] += slot(v)[x];
    }
    for (int x = 0; x < width; ++x) {
      if (slot(y)[x] == 0) continue;
      int count = 0;
      for (int u = std::max(0, x - reach); u <= std::min(width - 1, x + reach); ++u) count += sums[u];
      if (count >= fewest && end.frame.isValid(x, y)) visit(x, y);
    }
  }
}

/// Where highlights are clipped: at the end of the type, or at the brightest sample, if noise would not let several
/// have it side by side.
float highEnd(const DefectFrame& frame, const RowEnds& ends, float noise) {
  constexpr float kSteps = 2;
  if (noise < kSteps * frame.request().step) return frame.request().high;
  float brightest = 0;
  std::vector<float> row(frame.width());
  for (int y = 0; y < frame.height(); ++y) {
    if (ends.most(y) <= brightest) continue;
    frame.row(y, row.data());
    for (int x = 0; x < frame.width(); ++x) {
      if (row[x] > brightest && frame.isValid(x, y)) brightest = row[x];
    }
  }
  return std::min(brightest, frame.request().high);
}

}  // namespace

void RowEnds::take(const FrameStrip& strip, int width) {
  constexpr int kLanes = FrameStrip::kChunk;
  for (int i = 0; i < strip.rows(); ++i) {
    const float* row = strip.row(i);
    float least[kLanes], most[kLanes];
    std::fill_n(least, kLanes, row[0]);
    std::fill_n(most, kLanes, row[0]);
    int x = 0;
    for (; x + kLanes <= width; x += kLanes) {
      for (int lane = 0; lane < kLanes; ++lane) {
        least[lane] = row[x + lane] < least[lane] ? row[x + lane] : least[lane];
        most[lane] = row[x + lane] > most[lane] ? row[x + lane] : most[lane];
      }
    }
    for (; x < width; ++x) least[0] = std::min(least[0], row[x]), most[0] = std::max(most[0], row[x]);
    ends_[strip.top() + i] = {*std::min_element(least, least + kLanes), *std::max_element(most, most + kLanes)};
  }
}

void leaveOutClipped(const DefectFrame& frame, const RowEnds& ends, float noise, FoundDefects& found) {
  constexpr int kAllDark = (2 * kDarkReach + 1) * (2 * kDarkReach + 1);
  const End high{frame, ends, true, highEnd(frame, ends, noise)}, low{frame, ends, false, frame.request().low};
  std::int64_t dark = 0;
  const auto leaveOut = [&](int x, int y) {
    frame.leaveOutClipped(x, y);
    found.add(&DefectCounts::clipped, frame.isCounted(y));
  };
  if (high.limit > low.limit) {
    forEachTogether(high, 1, kFewestBright, leaveOut);
    if (found.all.clipped > 0) tellGlints(frame, high.limit);
  }
  forEachTogether(low, kDarkReach, kAllDark, [&](int, int) { ++dark; });
  if (static_cast<double>(dark) > kMostDark * static_cast<double>(frame.pixels())) return;
  if (dark > 0) forEachTogether(low, kDarkReach, kAllDark, leaveOut);
}

}  // namespace perifocal
