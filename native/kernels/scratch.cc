#include "kernels/scratch.h"

#include <algorithm>

#include "kernels/limits.h"

namespace perifocal {
namespace {

constexpr std::size_t kPanelBytes = 24 * 1024;

/// Widened elements for one output column and for the halo, over all sources of a job.
struct PanelCost {
  std::size_t perColumn = 0;
  std::size_t fixed = 0;
};

PanelCost panelCost(const ConvJob& job) {
  PanelCost cost;
  bool seen[kMaxSources] = {};
  for (int t = 0; t < job.tapCount; ++t) {
    const int s = job.taps[t].source;
    if (seen[s]) continue;
    seen[s] = true;
    const ConvSource& source = job.sources[s];
    const auto pixelElements = static_cast<std::size_t>(source.channels) * source.rowCount;
    cost.perColumn += pixelElements * source.pixelStep;
    cost.fixed += pixelElements * (source.lastColumn - source.firstColumn + 1);
  }
  return cost;
}

constexpr std::size_t kAlignment = 64;

std::size_t align(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

std::size_t sumBytes(const KernelLayout& layout) {
  return align(static_cast<std::size_t>(layout.tilePixels) * layout.tileVectors * layout.vectorChannels *
               sizeof(std::int32_t));
}

std::size_t stepBytes(int steps) { return align(static_cast<std::size_t>(steps) * kMaxBlockRows * sizeof(void*)); }

int stepsOf(const KernelLayout& layout, int channels) { return (channels + layout.depth - 1) / layout.depth; }

}  // namespace

ScratchPlan planScratch(const KernelLayout& layout, const ConvJob& job) {
  int steps = 0;
  for (int t = 0; t < job.tapCount; ++t) steps += stepsOf(layout, job.sources[job.taps[t].source].channels);
  const PanelCost cost = panelCost(job);
  const std::size_t budget = kPanelBytes / layout.weightBytes;
  const std::size_t fit = budget > cost.fixed ? (budget - cost.fixed) / std::max<std::size_t>(1, cost.perColumn) : 0;
  const int tiles = std::max<int>(1, static_cast<int>(fit) / layout.tilePixels);
  const std::size_t stepsAt = sumBytes(layout);
  return {stepsAt, stepsAt + stepBytes(steps), tiles * layout.tilePixels};
}

std::size_t scratchBytes(const KernelLayout& layout, int maxChannels, int maxSourceRows) {
  const std::size_t before = sumBytes(layout) + stepBytes(kMaxTaps * stepsOf(layout, maxChannels));
  if (layout.weightBytes == 1) return before;
  // One tile of the largest job (stride 2, three columns of taps) may exceed the panel budget; plus tile slack.
  const std::size_t tile = static_cast<std::size_t>(3 * layout.tilePixels + 4) * maxChannels * maxSourceRows;
  return before + std::max(kPanelBytes, tile * sizeof(std::int16_t)) + tile * sizeof(std::int16_t) + kAlignment;
}

}  // namespace perifocal
