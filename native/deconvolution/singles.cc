#include "deconvolution/singles.h"

#include <algorithm>
#include <cmath>

namespace perifocal {
namespace {

constexpr int kChunk = FrameStrip::kChunk;
/// A departure is impossible beyond so many standard deviations of noise, if the PSF does not make it possible.
constexpr float kNoise = 7;
/// Single pixels that are a larger part of the frame than this are no defects: the PSF is wrong.
constexpr double kMostSingles = 0.02;

std::size_t mostSingles(double pixels) { return static_cast<std::size_t>(kMostSingles * pixels) + 16; }

bool isAnyBeyond(const float* departures, float limit) {
  int beyond = 0;
  for (int i = 0; i < kChunk; ++i) beyond |= std::fabs(departures[i]) > limit;
  return beyond != 0;
}

}  // namespace

Singles::Singles(const DefectFrame& frame, float noise)
    : frame_(frame),
      noise_(frame, noise),
      most_(mostSingles(static_cast<double>(frame.pixels()))),
      suspects_(FrameStrip::countIn(frame.height())) {}

void Singles::gather(const FrameStrip& strip, int index) {
  const DefectRequest& request = frame_.request();
  const int width = frame_.width();
  const float limit = kNoise * noise_.least();
  std::vector<float> departures(width + kChunk);
  for (int row = 0; row < strip.rows() && gathered_ <= most_; ++row) {
    const float farthest = request.kernels->departures(strip.row(row), strip.pitch(), request.prediction.weights, width,
                                                       departures.data());
    if (farthest <= limit) continue;
    for (int x = 0; x < width; x += kChunk) {
      const float* chunk = departures.data() + x;
      if (isAnyBeyond(chunk, limit)) gatherChunk(strip, row, x, chunk, suspects_[index]);
    }
  }
}

/// Most departures beyond the least noise are possible: they are told first, all at once.
void Singles::gatherChunk(const FrameStrip& strip, int row, int left, const float* departures,
                          std::vector<Suspect>& suspects) {
  float spreads[Prediction::kSpreads][kChunk];
  spreadsOf(strip, row, left, spreads);
  const int y = strip.top() + row, count = std::min(kChunk, frame_.width() - left);
  for (int i = 0; i < count; ++i) {
    const float departure = departures[i], excess = std::fabs(departure) - kNoise * noise_.least();
    if (excess <= 0 || frame_.isPossible(excess, spreads[0] + i, kChunk)) continue;
    const int x = left + i;
    if (!isImpossible(x, y, departure, strip.row(row)[x])) continue;
    if (++gathered_ > most_) return;
    suspects.push_back({static_cast<std::uint32_t>(y) * frame_.width() + x, departure});
  }
}

void Singles::reset() {
  for (auto& suspects : suspects_) suspects.clear();
  gathered_ = 0;
}

bool Singles::isNearer(const Suspect& a, const Suspect& b) {
  const float left = std::fabs(a.departure), right = std::fabs(b.departure);
  return left != right ? left < right : a.pixel > b.pixel;
}

bool Singles::leaveOut(DefectCounts& counts, const Team& team) {
  if (gathered_ > most_) return false;
  for (const auto& suspects : suspects_) open_.insert(open_.end(), suspects.begin(), suspects.end());
  std::make_heap(open_.begin(), open_.end(), isNearer);
  while (!open_.empty() && !team.cancelled()) {
    const Suspect farthest = open_.front();
    std::pop_heap(open_.begin(), open_.end(), isNearer);
    open_.pop_back();
    if (!judge(farthest, counts)) return false;
  }
  return true;
}

/// Once a pixel is out of the way, those around it show what they are: the farthest from its prediction comes first.
bool Singles::judge(const Suspect& suspect, DefectCounts& counts) {
  const auto width = static_cast<std::uint32_t>(frame_.width());
  const int x = static_cast<int>(suspect.pixel % width), y = static_cast<int>(suspect.pixel / width);
  const float departure = frame_.departure(x, y), sample = frame_.at(x, y);
  if (!isImpossible(x, y, departure, sample)) return true;
  if (isNearer({suspect.pixel, departure}, suspect)) {
    open({suspect.pixel, departure});
    return true;
  }
  ++(departure > 0 ? counts.hot : counts.dead);
  if (counts.hot + counts.dead > static_cast<std::int64_t>(most_)) return false;
  frame_.leaveOutAlone(x, y);
  frame_.replace(x, y, sample - departure);
  openAround(x, y);
  return true;
}

void Singles::open(const Suspect& suspect) {
  open_.push_back(suspect);
  std::push_heap(open_.begin(), open_.end(), isNearer);
}

void Singles::openAround(int x, int y) {
  constexpr int kReach = Prediction::kReach;
  for (int v = std::max(0, y - kReach); v <= std::min(frame_.height() - 1, y + kReach); ++v) {
    for (int u = std::max(0, x - kReach); u <= std::min(frame_.width() - 1, x + kReach); ++u) {
      const float departure = frame_.departure(u, v);
      if (!isImpossible(u, v, departure, frame_.at(u, v))) continue;
      open({static_cast<std::uint32_t>(v) * frame_.width() + u, departure});
    }
  }
}

bool Singles::isImpossible(int x, int y, float departure, float sample) {
  if (!frame_.isValid(x, y) || frame_.isByUnknown(x, y)) return false;
  const float excess = std::fabs(departure) - kNoise * noise_.at(x, y, sample - departure);
  return excess > 0 && !frame_.isPossible(x, y, excess);
}

std::size_t Singles::bytes(int width, int height) {
  const std::size_t suspects = mostSingles(static_cast<double>(width) * height) * sizeof(Suspect);
  return 6 * suspects + FrameStrip::countIn(height) * sizeof(suspects_[0]) + DepartureNoise::bytes(width, height);
}

}  // namespace perifocal
