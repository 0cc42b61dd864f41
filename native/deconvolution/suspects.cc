#include "deconvolution/suspects.h"

#include <algorithm>
#include <cmath>

namespace perifocal {
namespace {

constexpr int kChunk = FrameStrip::kChunk;
constexpr int kLeft = Cluster::kLeft, kReach = Cluster::kReach, kAround = Prediction::kReach;
/// Single pixels that are a larger part of the frame than this are no defects: the PSF is wrong.
constexpr double kMostSingles = 0.02;
/// What is to be judged at once, over that number: what is replaced brings others, some of them again.
constexpr int kMostOpen = 4;

std::size_t mostSingles(double pixels) { return static_cast<std::size_t>(kMostSingles * pixels) + 16; }

}  // namespace

/// Some pixels of a row of a strip.
struct Suspects::Chunk {
  const FrameStrip& strip;
  const DepartureStrip& departures;
  int row, left, count;

  int y() const { return strip.top() + row; }
  const float* departuresAt(int i) const { return departures.departures(row) + left + i; }
};

Suspects::Suspects(const DefectFrame& frame, float noise)
    : frame_(frame),
      hypotheses_(frame, noise),
      most_(mostSingles(static_cast<double>(frame.pixels()))),
      suspects_(FrameStrip::countIn(frame.height())) {}

void Suspects::gather(const FrameStrip& strip, int index) {
  const int width = frame_.width();
  DepartureStrip departures(frame_.request());
  if (!departures.read(strip, hypotheses_.leastLimit(frame_.request().prediction.clusters[0], 0))) return;
  for (int row = 0; row < strip.rows() && gathered_ <= most_; ++row) {
    for (int left = 0; left < width; left += kChunk) {
      if (!departures.isAnyBeyond(row, 1 + kReach, left - kLeft, kLeft + kChunk + kReach)) continue;
      const Chunk chunk{strip, departures, row, left, std::min(kChunk, width - left)};
      float gains[kChunk] = {};
      if (departures.isAnyBeyond(row, 1, left, kChunk)) gatherSingles(chunk, gains);
      gatherClusters(chunk, gains);
      add(chunk, gains, suspects_[index]);
    }
  }
}

/// Most departures beyond the least noise are possible: they are told first, all at once.
void Suspects::gatherSingles(const Chunk& chunk, float* gains) {
  const Cluster& single = frame_.request().prediction.clusters[0];
  const float limit = hypotheses_.leastLimit(single, 0);
  float spreads[kChunk];
  frame_.request().kernels->spreads(chunk.strip.row(chunk.row) + chunk.left, chunk.strip.pitch(), kChunk, spreads);
  for (int i = 0; i < chunk.count; ++i) {
    const float excess = std::fabs(*chunk.departuresAt(i)) - limit;
    if (excess <= 0 || excess <= Hypotheses::leastShareOf(single) * spreads[i]) continue;
    gains[i] =
        hypotheses_.judge(single, chunk.left + i, chunk.y(), chunk.departuresAt(i), chunk.departures.pitch()).gain;
  }
}

void Suspects::gatherClusters(const Chunk& chunk, float* gains) {
  const DefectRequest& request = frame_.request();
  const std::ptrdiff_t pitch = chunk.departures.pitch();
  for (int index = 1; index < Prediction::kClusters; ++index) {
    const Cluster& cluster = request.prediction.clusters[index];
    const float* sides = chunk.departures.sides(chunk.row) + chunk.left;
    const auto& [limits, shares] = hypotheses_.limitsOf(index);
    float excess[kChunk];
    // Few places are left after the first member.
    ClusterRow row{&cluster, chunk.departuresAt(0), sides, pitch, 1, limits, shares};
    if (request.kernels->clusterExcess(row, kChunk, excess) <= 0) continue;
    row.members = cluster.count;
    if (request.kernels->clusterExcess(row, kChunk, excess) <= 0) continue;
    for (int i = 0; i < chunk.count; ++i) {
      if (excess[i] <= 0) continue;
      const Verdict verdict = hypotheses_.judge(cluster, chunk.left + i, chunk.y(), chunk.departuresAt(i), pitch);
      gains[i] = std::max(gains[i], verdict.gain);
    }
  }
}

void Suspects::add(const Chunk& chunk, const float* gains, std::vector<Suspect>& suspects) {
  for (int i = 0; i < chunk.count; ++i) {
    if (gains[i] <= 0) continue;
    if (++gathered_ > most_) return;
    suspects.push_back({static_cast<std::uint32_t>(chunk.y()) * frame_.width() + chunk.left + i, gains[i]});
  }
}

void Suspects::reset() {
  for (auto& suspects : suspects_) suspects.clear();
  gathered_ = 0;
}

bool Suspects::explainsLess(const Suspect& a, const Suspect& b) {
  return a.gain != b.gain ? a.gain < b.gain : a.pixel > b.pixel;
}

bool Suspects::leaveOut(FoundDefects& found, const Team& team) {
  if (gathered_ > most_) return false;
  for (const auto& suspects : suspects_) open_.insert(open_.end(), suspects.begin(), suspects.end());
  std::make_heap(open_.begin(), open_.end(), explainsLess);
  while (!open_.empty() && !team.cancelled()) {
    const Suspect first = open_.front();
    std::pop_heap(open_.begin(), open_.end(), explainsLess);
    open_.pop_back();
    if (!judge(first, found) || open_.size() > kMostOpen * most_) return false;
  }
  return true;
}

/// Once pixels are out of the way, those around them show what they are: those that explain most come first.
bool Suspects::judge(const Suspect& suspect, FoundDefects& found) {
  const auto width = static_cast<std::uint32_t>(frame_.width());
  const int x = static_cast<int>(suspect.pixel % width), y = static_cast<int>(suspect.pixel / width);
  const Patch patch(frame_, x - kLeft, y, x + kReach + 1, y + kReach + 1);
  const Verdict verdict = hypotheses_.best(x, y, patch.at(x, y), Patch::kMost);
  if (verdict.cluster == nullptr) return true;
  if (explainsLess({suspect.pixel, verdict.gain}, suspect)) {
    open({suspect.pixel, verdict.gain});
    return true;
  }
  replace(verdict, x, y, found);
  if (found.all.hot + found.all.dead > static_cast<std::int64_t>(most_)) return false;
  openAround(*verdict.cluster, x, y);
  return true;
}

void Suspects::replace(const Verdict& verdict, int x, int y, FoundDefects& found) {
  hypotheses_.prepareToReplace(x, y);
  for (int i = 0; i < verdict.cluster->count; ++i) {
    const int u = x + verdict.cluster->x[i], v = y + verdict.cluster->y[i];
    const float departure = verdict.departures[i];
    found.add(departure > 0 ? &DefectCounts::hot : &DefectCounts::dead, frame_.isCounted(v));
    frame_.leaveOutAlone(u, v);
    frame_.replace(u, v, frame_.at(u, v) - departure);
  }
}

void Suspects::open(const Suspect& suspect) {
  open_.push_back(suspect);
  std::push_heap(open_.begin(), open_.end(), explainsLess);
}

/// All that may be judged otherwise as these samples have changed.
void Suspects::openAround(const Cluster& cluster, int x, int y) {
  const auto [least, most] = std::minmax_element(cluster.x, cluster.x + cluster.count);
  const int lowest = *std::max_element(cluster.y, cluster.y + cluster.count);
  const int left = x + *least - kAround - kReach, right = x + *most + kAround + kLeft + 1;
  const int top = y - kAround - kReach, bottom = y + lowest + kAround + 1;
  const Patch patch(frame_, left - kLeft, top, right + kReach, bottom + kReach);
  for (int v = std::max(0, top); v < std::min(frame_.height(), bottom); ++v) {
    for (int u = std::max(0, left); u < std::min(frame_.width(), right); ++u) {
      const Verdict verdict = hypotheses_.best(u, v, patch.at(u, v), Patch::kMost);
      if (verdict.cluster != nullptr) open({static_cast<std::uint32_t>(v) * frame_.width() + u, verdict.gain});
    }
  }
}

std::size_t Suspects::bytes(int width, int height) {
  const std::size_t suspects = mostSingles(static_cast<double>(width) * height) * sizeof(Suspect);
  // Vectors take up to twice what they hold, and while they grow that and half of it.
  return 3 * (1 + kMostOpen) * suspects + FrameStrip::countIn(height) * sizeof(suspects_[0]) +
         Hypotheses::bytes(width, height);
}

}  // namespace perifocal
