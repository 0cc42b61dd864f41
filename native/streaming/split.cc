#include "streaming/split.h"

#include <algorithm>

#include "kernels/kernels.h"

namespace perifocal {

ColumnRange columnsOf(int thread, int threads, int columns, int tilePixels) {
  // Boundaries on multiples of 4 pixels: neighbours never share a 4-pixel group at any scale.
  const int users = std::clamp(columns / roundUp(tilePixels, 4), 1, threads);
  if (thread >= users) return {columns, columns};
  const auto boundary = [&](int t) { return t == users ? columns : columns * t / users / 4 * 4; };
  return {boundary(thread), boundary(thread + 1)};
}

int columnsOfStage(const Stage& stage, int passWidth) {
  // A transposed convolution walks over its input, which is half as wide.
  return passWidth >> (stage.kind == StageKind::kTranspose ? stage.scale + 1 : stage.scale);
}

double splitImbalance(const Graph& graph, const PassShape& pass, int tilePixels) {
  double even = 0, busiest = 0;
  for (const Stage& stage : graph.stages) {
    const double macs = static_cast<double>(macsOf(graph, stage, pass.width, pass.height));
    const int columns = columnsOfStage(stage, pass.width);
    int most = 0;
    for (int t = 0; t < pass.threads; ++t) {
      const ColumnRange range = columnsOf(t, pass.threads, columns, tilePixels);
      most = std::max(most, range.end - range.begin);
    }
    even += macs / pass.threads;
    busiest += macs * most / columns;
  }
  return busiest / even;
}

}  // namespace perifocal
