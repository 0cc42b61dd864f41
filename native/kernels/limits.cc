#include "kernels/limits.h"

#include <algorithm>

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

}  // namespace

int panelColumns(const KernelLayout& layout, const ConvJob& job, int columns) {
  if (layout.weightBytes == 1) return columns;
  const PanelCost cost = panelCost(job);
  const std::size_t budget = kPanelBytes / sizeof(std::int16_t);
  const std::size_t fit = budget > cost.fixed ? (budget - cost.fixed) / std::max<std::size_t>(1, cost.perColumn) : 0;
  const int tiles = std::max<int>(1, static_cast<int>(fit) / layout.tilePixels);
  return std::min(columns, tiles * layout.tilePixels);
}

std::size_t scratchBytes(const KernelLayout& layout, int maxChannels, int maxSourceRows) {
  const std::size_t sums =
      static_cast<std::size_t>(layout.tilePixels) * layout.tileVectors * layout.vectorChannels * sizeof(std::int32_t);
  if (layout.weightBytes == 1) return sums;
  // One tile of the largest job (stride 2, three columns of taps) may exceed the panel budget; plus tile slack.
  const std::size_t tile = static_cast<std::size_t>(3 * layout.tilePixels + 4) * maxChannels * maxSourceRows;
  return sums + std::max(kPanelBytes, tile * sizeof(std::int16_t)) + tile * sizeof(std::int16_t) + 64;
}

}  // namespace perifocal
