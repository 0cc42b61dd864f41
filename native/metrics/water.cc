#include "metrics/water.h"

#include <algorithm>
#include <array>
#include <vector>

#include "runtime/parallel.h"

namespace perifocal {
namespace {

/// Of the index from -1 to 1.
constexpr int kBins = 2048;
using Histogram = std::array<std::int64_t, kBins>;

template <class T>
double indexOf(const T* pixel, int high, int low, double full) {
  if (high == low) return 1 - 2 * std::clamp(pixel[0] / full, 0.0, 1.0);
  const double a = std::max<double>(pixel[high], 0), b = std::max<double>(pixel[low], 0);
  return a + b > 0 ? (a - b) / (a + b) : 0;
}

template <class T>
void binRow(const FrameView& frame, const WaterRequest& request, int y, std::uint16_t* bins) {
  const T* row = reinterpret_cast<const T*>(frame.pixel(0, y));
  for (int x = 0; x < frame.width; ++x) {
    const T* pixel = row + static_cast<std::ptrdiff_t>(x) * frame.channels;
    const double index = indexOf(pixel, request.high, request.low, frame.scale());
    bins[x] = static_cast<std::uint16_t>(std::min((index + 1) * (kBins / 2), kBins - 1.0));
  }
}

void binRow(const FrameView& frame, const WaterRequest& request, int y, std::uint16_t* bins) {
  switch (frame.type) {
    case SampleType::kUint8: return binRow<std::uint8_t>(frame, request, y, bins);
    case SampleType::kUint16: return binRow<std::uint16_t>(frame, request, y, bins);
    case SampleType::kFloat32: return binRow<float>(frame, request, y, bins);
  }
}

struct Split {
  int firstWater = kBins;
  double separability = 0;
};

/// Where two classes differ most: Otsu 1979, equations 18 and 12.
Split splitOf(const Histogram& histogram) {
  double total = 0, sum = 0, squares = 0;
  for (int i = 0; i < kBins; ++i) {
    total += histogram[i];
    sum += static_cast<double>(histogram[i]) * i;
    squares += static_cast<double>(histogram[i]) * i * i;
  }
  const double variance = squares / total - (sum / total) * (sum / total);
  Split best;
  double below = 0, sumBelow = 0;
  for (int i = 0; i + 1 < kBins; ++i) {
    below += histogram[i];
    sumBelow += static_cast<double>(histogram[i]) * i;
    if (below == 0 || below == total || variance <= 0) continue;
    const double difference = sumBelow / below - (sum - sumBelow) / (total - below);
    const double between = below / total * (1 - below / total) * difference * difference / variance;
    if (between > best.separability) best = {i + 1, between};
  }
  return best;
}

}  // namespace

WaterCounts compareWater(const WaterRequest& request, Team& team) {
  const int width = request.frame.width, height = request.frame.height;
  std::vector<Histogram> histograms(team.threads());
  std::vector<std::vector<std::uint16_t>> rows(2 * team.threads(), std::vector<std::uint16_t>(width));
  forEachRow(team, height, [&](int y, int thread) {
    binRow(request.reference, request, y, rows[2 * thread].data());
    forEachRun(request.valid.row(y), width, [&](int first, int count) {
      for (int x = first; x < first + count; ++x) ++histograms[thread][rows[2 * thread][x]];
    });
  });
  Histogram all{};
  for (const Histogram& one : histograms) {
    for (int i = 0; i < kBins; ++i) all[i] += one[i];
  }
  const Split split = splitOf(all);
  std::vector<std::array<std::int64_t, 4>> counts(team.threads());
  forEachRow(team, height, [&](int y, int thread) {
    const std::vector<std::uint16_t>&reference = rows[2 * thread], &frame = rows[2 * thread + 1];
    binRow(request.reference, request, y, rows[2 * thread].data());
    binRow(request.frame, request, y, rows[2 * thread + 1].data());
    forEachRun(request.valid.row(y), width, [&](int first, int count) {
      for (int x = first; x < first + count; ++x)
        ++counts[thread][2 * (frame[x] >= split.firstWater) + (reference[x] >= split.firstWater)];
    });
  });
  WaterCounts found{.threshold = split.firstWater * 2.0 / kBins - 1, .separability = split.separability};
  for (const auto& one : counts) {
    found.neither += one[0];
    found.onlyReference += one[1];
    found.onlyFrame += one[2];
    found.both += one[3];
  }
  return found;
}

}  // namespace perifocal
