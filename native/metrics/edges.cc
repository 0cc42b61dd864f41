#include "metrics/edges.h"

#include <algorithm>

#include "metrics/plane_reader.h"
#include "runtime/parallel.h"

namespace perifocal {
namespace {

/// Three rows of the luminance and the gradients of the middle one, of one thread.
class GradientRows {
 public:
  GradientRows(const FrameView& frame, const MetricKernels& kernels)
      : plane_(frame, kLuminance, {}, kernels),
        kernels_(kernels),
        stride_(paddedCount(frame.width) + kMetricLanes),
        rows_(5 * static_cast<std::size_t>(stride_)) {}

  void read(int y) { plane_.read(0, y, plane_.width(), row(y % 3)); }
  /// Sum of the magnitudes of row y, whose neighbours were read; `counted` goes up by the pixels that count.
  double measure(int y, const std::uint8_t* inner, std::int64_t& counted) {
    const double *above = row((y + 2) % 3), *here = row(y % 3), *below = row((y + 1) % 3);
    double sum = 0;
    int done = 0;
    forEachRun(inner, plane_.width() - 2, [&](int first, int count) {
      clear(done, first);
      sum += kernels_.sobel(above + first, here + first, below + first, count, row(3) + first, row(4) + first);
      done = first + count;
      counted += count;
    });
    clear(done, plane_.width() - 2);
    return sum;
  }
  /// Adds the products of the gradients of the row measured; its first value is of column 1.
  void addTo(double* cells, int count) const {
    const double *across = row(3), *down = row(4);
    for (int cell = 0; cell < count; ++cell, cells += 3) {
      const int first = std::max(cell * kGradientCell, 1),
                last = std::min((cell + 1) * kGradientCell, plane_.width() - 1);
      for (int x = first; x < last; ++x) {
        cells[0] += across[x - 1] * across[x - 1];
        cells[1] += down[x - 1] * down[x - 1];
        cells[2] += across[x - 1] * down[x - 1];
      }
    }
  }

 private:
  /// Gradients that do not count.
  void clear(int first, int last) {
    for (int i : {3, 4}) std::fill(row(i) + first, row(i) + last, 0.0);
  }

  double* row(int i) { return rows_.data() + static_cast<std::ptrdiff_t>(i) * stride_; }
  const double* row(int i) const { return rows_.data() + static_cast<std::ptrdiff_t>(i) * stride_; }

  PlaneReader plane_;
  const MetricKernels& kernels_;
  int stride_;
  std::vector<double> rows_;
};

}  // namespace

EdgeStatistics measureEdges(const FrameView& frame, PlaceMask inner, const MetricKernels& kernels, Team& team) {
  const int columns = frame.width / kGradientCell, strips = (frame.height + kGradientCell - 1) / kGradientCell;
  const double scale = 1 / static_cast<double>(frame.scale());
  std::vector<GradientRows> rows(team.threads(), GradientRows(frame, kernels));
  std::vector<double> sums(strips);
  std::vector<std::int64_t> counts(strips);
  EdgeStatistics found;
  found.cells.resize(static_cast<std::size_t>(frame.height / kGradientCell) * columns * 3);
  const auto measureStrip = [&](int strip, int thread) {
    const int first = std::max(strip * kGradientCell, 1),
              last = std::min((strip + 1) * kGradientCell, frame.height - 1);
    if (first >= last) return;
    double* cells = found.cells.data() + static_cast<std::ptrdiff_t>(strip) * columns * 3;
    for (int y : {first - 1, first}) rows[thread].read(y);
    for (int y = first; y < last; ++y) {
      rows[thread].read(y + 1);
      sums[strip] += rows[thread].measure(y, inner.row(y - 1), counts[strip]);
      if (strip < frame.height / kGradientCell) rows[thread].addTo(cells, columns);
    }
  };
  forEach(team, strips, measureStrip, 4);
  for (double sum : sums) found.sharpness += sum;
  std::int64_t pixels = 0;
  for (std::int64_t count : counts) pixels += count;
  found.sharpness *= scale / static_cast<double>(pixels);
  for (double& product : found.cells) product *= scale * scale;
  return found;
}

}  // namespace perifocal
