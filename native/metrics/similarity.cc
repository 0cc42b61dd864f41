#include "metrics/similarity.h"

#include <algorithm>
#include <array>
#include <vector>

#include "metrics/gaussian.h"
#include "runtime/parallel.h"

namespace perifocal {
namespace {

constexpr int kStripRows = 64;
/// Columns of a tile: what 11 rows of it take stays in the second-level cache.
constexpr int kTileColumns = 512;
/// Rows under the windows of the rows that are smoothed at once.
constexpr int kWindow = 2 * kSimilarityRadius + kSmoothedRows;

int ceilDivide(int a, int b) { return (a + b - 1) / b; }

/// Rows that SSIM is computed from, kept while a window needs them.
class RowRing {
 public:
  explicit RowRing(int columns)
      : stride_(paddedCount(columns) + kMetricLanes), data_(static_cast<std::size_t>(stride_) * kWindow) {}

  double* row(int y) { return data_.data() + static_cast<std::ptrdiff_t>(y % kWindow) * stride_; }
  /// The rows under a window whose first is y.
  std::array<const double*, kWindow> window(int y) {
    std::array<const double*, kWindow> rows;
    for (int i = 0; i < kWindow; ++i) rows[i] = row(y + i);
    return rows;
  }

 private:
  int stride_;
  std::vector<double> data_;
};

/// Of windows that count.
struct WindowSums : SimilaritySums {
  double pixels = 0;
};

/// Tiles of one thread.
class TileComparer {
 public:
  TileComparer(const SimilarityRequest& request, const MetricKernels& kernels)
      : kernels_(kernels),
        a_(request.a, request.component, request.scale, kernels),
        b_(request.b, request.component, request.scale, kernels),
        columns_(std::min(kTileColumns, a_.width() - 2 * kSimilarityRadius) + 2 * kSimilarityRadius),
        rings_(4, RowRing(columns_)),
        smoothed_(4 * kSmoothedRows, std::vector<double>(paddedCount(columns_) + 2 * kMetricLanes)),
        windows_(request.windows),
        c1_(0.01 * request.range * 0.01 * request.range),
        c2_(0.03 * request.range * 0.03 * request.range) {}

  /// Sums over pixels whose windows begin in columns [left, left + columns), rows [top, top + rows).
  WindowSums compare(const Team& team, int left, int top, int columns, int rows) {
    WindowSums sums;
    const int count = columns + 2 * kSimilarityRadius;
    for (int y = top; y < top + 2 * kSimilarityRadius; ++y) read(left, y, count);
    for (int y = top; y < top + rows && !team.cancelled(); y += kSmoothedRows) {
      const int last = std::min(y + kSmoothedRows, top + rows);
      for (int below = y; below < last; ++below) read(left, below + 2 * kSimilarityRadius, count);
      smooth(y, count);
      for (int row = 0; row < last - y; ++row) {
        forEachRun(windows_.row(y + row, left), columns, [&](int first, int size) { add(row, first, size, sums); });
      }
    }
    return sums;
  }

 private:
  inline static const std::array<double, kSimilarityRadius + 1> kWeights = gaussianWeights<kSimilarityRadius>(1.5);

  void smooth(int first, int count) {
    for (int i = 0; i < 4; ++i) {
      double* out[kSmoothedRows];
      for (int row = 0; row < kSmoothedRows; ++row) out[row] = smoothed(i, row);
      kernels_.smoothColumns5(rings_[i].window(first).data(), kWeights.data(), count, out);
    }
  }

  /// Adds `count` windows of a row from the `first` on.
  void add(int row, int first, int count, WindowSums& sums) {
    const SimilarityRow job{smoothed(0, row) + first,
                            smoothed(1, row) + first,
                            smoothed(2, row) + first,
                            smoothed(3, row) + first,
                            kWeights.data(),
                            c1_,
                            c2_};
    const SimilaritySums found = kernels_.compare(job, count);
    sums.pixels += count;
    sums.ssim += found.ssim;
    sums.contrastStructure += found.contrastStructure;
  }

  double* smoothed(int quantity, int row) { return smoothed_[quantity * kSmoothedRows + row].data(); }

  void read(int left, int y, int count) {
    double *x = rings_[0].row(y), *other = rings_[1].row(y);
    a_.read(left, y, count, x);
    b_.read(left, y, count, other);
    kernels_.multiply(x, other, count, rings_[2].row(y), rings_[3].row(y));
  }

  const MetricKernels& kernels_;
  PlaneReader a_, b_;
  int columns_;
  std::vector<RowRing> rings_;  ///< of x, y, x^2 + y^2, x y
  std::vector<std::vector<double>> smoothed_;
  PlaceMask windows_;
  double c1_, c2_;
};

}  // namespace

double squaredError(const FrameView& a, const FrameView& b, PlaceMask valid, const MetricKernels& kernels, Team& team) {
  // Without alpha, rows are read as if they were grey.
  const bool isDense = a.channels == a.colours();
  const auto asRows = [&](FrameView view) {
    if (isDense) view.width *= view.channels, view.channels = 1, view.bands = 1;
    return view;
  };
  const FrameView left = asRows(a), right = asRows(b);
  const int perPixel = left.width / a.width;
  const int stride = paddedCount(left.width) + kMetricLanes;
  std::vector<double> rows(a.height), lines(static_cast<std::size_t>(2 * stride) * team.threads());
  forEachRow(team, a.height, [&](int y, int thread) {
    double *x = lines.data() + static_cast<std::ptrdiff_t>(2 * thread) * stride, *other = x + stride;
    for (int component = 0; component < left.colours(); ++component) {
      PlaneReader(left, component, {}, kernels).read(0, y, left.width, x);
      PlaneReader(right, component, {}, kernels).read(0, y, left.width, other);
      forEachRun(valid.row(y), a.width, [&](int first, int count) {
        rows[y] += kernels.squaredDifferences(x + first * perPixel, other + first * perPixel, count * perPixel);
      });
    }
  });
  double sum = 0;
  for (double row : rows) sum += row;
  return sum;
}

Similarity measureSimilarity(const SimilarityRequest& request, const MetricKernels& kernels, Team& team) {
  const int columns = request.scale.lengthOf(request.a.width) - 2 * kSimilarityRadius;
  const int rows = request.scale.lengthOf(request.a.height) - 2 * kSimilarityRadius;
  const int across = ceilDivide(columns, kTileColumns), tiles = across * ceilDivide(rows, kStripRows);
  std::vector<WindowSums> sums(tiles);
  std::vector<TileComparer> comparers(team.threads(), TileComparer(request, kernels));
  const auto compareTile = [&](int tile, int thread) {
    const int left = tile % across * kTileColumns, top = tile / across * kStripRows;
    const int width = std::min(kTileColumns, columns - left), height = std::min(kStripRows, rows - top);
    sums[tile] = comparers[thread].compare(team, left, top, width, height);
  };
  forEach(team, tiles, compareTile);
  Similarity total;
  double pixels = 0;
  for (const WindowSums& tile : sums) {
    pixels += tile.pixels;
    total.ssim += tile.ssim;
    total.contrastStructure += tile.contrastStructure;
  }
  return {total.ssim / pixels, total.contrastStructure / pixels};
}

}  // namespace perifocal
