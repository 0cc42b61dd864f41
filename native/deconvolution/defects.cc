#include "deconvolution/defects.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "deconvolution/clipped.h"
#include "deconvolution/defect_frame.h"
#include "deconvolution/departures.h"
#include "deconvolution/stuck.h"

namespace perifocal {
namespace {

/// A departure is impossible beyond so many standard deviations of noise, if the PSF does not make it possible.
constexpr float kNoise = 7;
/// Single pixels that are a larger part of the frame than this are no defects: the PSF is wrong.
constexpr double kMostSingles = 0.02;

std::size_t mostSingles(double pixels) { return static_cast<std::size_t>(kMostSingles * pixels) + 16; }

struct Suspect {
  std::uint32_t pixel;
  float departure;
};

/// Single pixels that are too bright or too dark for what is around them.
class Singles {
 public:
  Singles(const DefectFrame& frame, float noise)
      : frame_(frame), noise_(frame, noise), most_(mostSingles(static_cast<double>(frame.pixels()))) {}

  /// False where there are too many.
  bool find(DefectCounts& counts, const Team& team) {
    if (!collect(team)) return false;
    std::sort(suspects_.begin(), suspects_.end(), [](const Suspect& a, const Suspect& b) {
      const float left = std::fabs(a.departure), right = std::fabs(b.departure);
      return left != right ? left > right : a.pixel < b.pixel;
    });
    for (const Suspect& suspect : suspects_) {
      if (team.cancelled()) break;
      if (!judgeFrom(suspect.pixel, counts)) return false;
    }
    return true;
  }

 private:
  bool collect(const Team& team) {
    DepartureStrips strips(frame_);
    for (int top = 0; top < frame_.height() && !team.cancelled(); top += DepartureStrips::kRows) {
      const int count = strips.compute(top);
      noise_.measure(strips, top, count);
      for (int y = top; y < top + count; ++y) {
        if (!collectRow(y, strips.row(y - top), strips.samples(y - top))) return false;
      }
    }
    return true;
  }

  bool collectRow(int y, const float* departures, const float* samples) {
    for (int x = 0; x < frame_.width(); ++x) {
      const float departure = departures[x];
      if (std::fabs(departure) <= kNoise * noise_.least()) continue;
      if (!isImpossible(x, y, departure, samples[x])) continue;
      if (suspects_.size() >= most_) return false;
      suspects_.push_back({static_cast<std::uint32_t>(y) * frame_.width() + x, departure});
    }
    return true;
  }

  /// Once a pixel is out of the way, those around it show what they are.
  bool judgeFrom(std::uint32_t pixel, DefectCounts& counts) {
    const auto width = static_cast<std::uint32_t>(frame_.width());
    open_.assign(1, pixel);
    while (!open_.empty()) {
      const int x = static_cast<int>(open_.back() % width), y = static_cast<int>(open_.back() / width);
      open_.pop_back();
      const float departure = frame_.departure(x, y), sample = frame_.at(x, y);
      if (!isImpossible(x, y, departure, sample)) continue;
      ++(departure > 0 ? counts.hot : counts.dead);
      if (counts.hot + counts.dead > static_cast<std::int64_t>(most_)) return false;
      frame_.leaveOutAlone(x, y);
      frame_.replace(x, y, sample - departure);
      openAround(x, y);
    }
    return true;
  }

  void openAround(int x, int y) {
    constexpr int kReach = Prediction::kReach;
    for (int v = std::max(0, y - kReach); v <= std::min(frame_.height() - 1, y + kReach); ++v) {
      for (int u = std::max(0, x - kReach); u <= std::min(frame_.width() - 1, x + kReach); ++u) {
        if (frame_.isValid(u, v)) open_.push_back(static_cast<std::uint32_t>(v) * frame_.width() + u);
      }
    }
  }

  bool isImpossible(int x, int y, float departure, float sample) const {
    const float excess = std::fabs(departure) - kNoise * noise_.at(x, y, sample - departure);
    if (excess <= 0 || !frame_.isValid(x, y) || frame_.isByUnknown(x, y)) return false;
    return !frame_.isPossible(x, y, excess);
  }

  const DefectFrame& frame_;
  DepartureNoise noise_;
  const std::size_t most_;
  std::vector<Suspect> suspects_;
  std::vector<std::uint32_t> open_;
};

}  // namespace

DefectCounts findDefects(const DefectRequest& request, const Team& team) {
  DefectCounts counts;
  const DefectFrame frame(request);
  const float noise = typicalDeparture(frame);
  counts.clipped = leaveOutClipped(frame, noise);
  if (!team.cancelled()) leaveOutStuck(frame, noise, counts);
  if (!team.cancelled()) counts.tooMany = !Singles(frame, noise).find(counts, team);
  if (!team.cancelled()) fillClipped(frame);
  frame.finish();
  return counts;
}

std::size_t defectScratchBytes(int width, int height) {
  const std::size_t suspects = mostSingles(static_cast<double>(width) * height) * sizeof(Suspect);
  return 2 * suspects + stuckScratchBytes(width, height) + departureScratchBytes(width, height);
}

}  // namespace perifocal
