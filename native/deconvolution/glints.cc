#include <algorithm>
#include <vector>

#include "deconvolution/clipped.h"

namespace perifocal {
namespace {

/// Samples next to a glint fall by more than this, 1 being white; those next to what is white in the scene by less.
constexpr float kCliff = 0.15f;

/// Rows and columns of glints are no longer than so many images of points of light, as some touch each other.
constexpr int kTouching = 2;

/// Calls `visit(u, v)` for the pixels around one.
template <class Visit>
void forEachAround(const DefectFrame& frame, int x, int y, Visit&& visit) {
  for (int v = std::max(0, y - 1); v <= std::min(frame.height() - 1, y + 1); ++v) {
    for (int u = std::max(0, x - 1); u <= std::min(frame.width() - 1, x + 1); ++u) {
      if (u != x || v != y) visit(u, v);
    }
  }
}

/// Rows and columns of clipped samples that are too long for glints.
class WideRuns {
 public:
  explicit WideRuns(const DefectFrame& frame) : frame_(frame), lengths_(frame.width()) {}

  void mark() {
    const Prediction& prediction = frame_.request().prediction;
    const int width = kTouching * prediction.width, height = kTouching * prediction.height;
    for (int y = 0; y <= frame_.height(); ++y) {
      for (int x = 0, across = 0; x <= frame_.width(); ++x) {
        if (isClipped(x, y)) {
          ++across, ++lengths_[x];
          continue;
        }
        for (int u = x - across; across > width && u < x; ++u) frame_.set(u, y, DefectFrame::kAtLeast);
        across = 0;
        if (x == frame_.width()) continue;
        for (int v = y - lengths_[x]; lengths_[x] > height && v < y; ++v) {
          frame_.set(x, v, DefectFrame::kAtLeast);
        }
        lengths_[x] = 0;
      }
    }
  }

 private:
  bool isClipped(int x, int y) const {
    if (x == frame_.width() || y == frame_.height()) return false;
    return frame_.is(x, y, DefectFrame::kClipped) || frame_.is(x, y, DefectFrame::kAtLeast);
  }

  const DefectFrame& frame_;
  std::vector<int> lengths_;
};

/// Clipped samples that hang together with others in a state have it, too.
void spread(const DefectFrame& frame, DefectFrame::State state) {
  const auto take = [&](int x, int y) {
    if (!frame.is(x, y, DefectFrame::kClipped)) return;
    bool isNext = false;
    forEachAround(frame, x, y, [&](int u, int v) { isNext |= frame.is(u, v, state); });
    if (isNext) frame.set(x, y, state);
  };
  for (int y = 0; y < frame.height(); ++y) {
    for (int x = 0; x < frame.width(); ++x) take(x, y);
  }
  for (int y = frame.height() - 1; y >= 0; --y) {
    for (int x = frame.width() - 1; x >= 0; --x) take(x, y);
  }
}

void markSteep(const DefectFrame& frame, float high) {
  for (int y = 0; y < frame.height(); ++y) {
    for (int x = 0; x < frame.width(); ++x) {
      if (!frame.is(x, y, DefectFrame::kClipped)) continue;
      bool isSteep = false;
      forEachAround(frame, x, y,
                    [&](int u, int v) { isSteep |= frame.isValid(u, v) && frame.at(u, v) < high - kCliff; });
      if (isSteep) frame.set(x, y, DefectFrame::kGlint);
    }
  }
}

}  // namespace

void tellGlints(const DefectFrame& frame, float high) {
  WideRuns(frame).mark();
  spread(frame, DefectFrame::kAtLeast);
  markSteep(frame, high);
  spread(frame, DefectFrame::kGlint);
  for (int y = 0; y < frame.height(); ++y) {
    for (int x = 0; x < frame.width(); ++x) {
      if (frame.is(x, y, DefectFrame::kClipped)) frame.set(x, y, DefectFrame::kAtLeast);
      if (!frame.is(x, y, DefectFrame::kGlint)) continue;
      frame.set(x, y, DefectFrame::kClipped);
      // What is next to it has much of its light, which quadratic priors cannot tell from a wide one.
      forEachAround(frame, x, y, [&](int u, int v) {
        if (frame.isValid(u, v)) frame.leaveOut(u, v);
      });
    }
  }
}

}  // namespace perifocal
