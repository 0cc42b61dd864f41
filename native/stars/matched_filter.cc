#include "stars/matched_filter.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "deconvolution/transfer.h"
#include "fft/factors.h"
#include "fft/visits.h"
#include "runtime/parallel.h"
#include "stars/tile_fft.h"

namespace perifocal {
namespace {

/// Sides of tiles in sides of the profile: as cheap as can be for profiles whose tiles fit the second-level cache.
constexpr int kTileSides = 5, kLargeTileSides = 3;
constexpr int kLeastTile = 128, kCachedTile = 512;

/// Responses that are looked at together: nearly all are below the limit.
constexpr int kAtOnce = 32;

/// Every so many responses in both directions are looked at for their spread; fewer than this tell nothing.
constexpr int kSpreadStep = 7;
constexpr std::size_t kLeastResponses = 1000;
/// Larger profiles are as large as the blocks of the sky, whose levels stars shift.
constexpr int kMostReach = 32;
/// This part of them deviates from the middle by more than so many deviations downwards, where no star is.
constexpr double kTailPart = 0.005, kTailDeviations = 2.5758;
/// Wider than this is not by chance.
constexpr double kWide = 1.25;

/// What is found in a tile: peaks, and responses in parts of the noise.
struct TileFindings {
  std::vector<Peak> peaks;
  std::vector<float> responses;
};

double spreadOf(std::vector<float>& responses) {
  if (responses.size() < kLeastResponses) return 1;
  const auto rank = [&](double part) {
    const auto at = responses.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(responses.size()));
    std::nth_element(responses.begin(), at, responses.end());
    return static_cast<double>(*at);
  };
  const double spread = (rank(0.5) - rank(kTailPart)) / kTailDeviations;
  return spread > kWide && std::isfinite(spread) ? spread : 1;
}

/// Without a branch for each.
bool isAnyAbove(const float* values, int count, float limit) {
  int above = 0;
  for (int i = 0; i < count; ++i) above |= values[i] > limit;
  return above != 0;
}

int tileSide(int profileSide) {
  return std::max(std::min(kTileSides * profileSide, kCachedTile), std::max(kLargeTileSides * profileSide, kLeastTile));
}

/// How a plane divides into tiles: their transforms, and the pixels in the middle of each whose eight neighbours are
/// right too.
struct Tiling {
  int margin;         ///< around these
  int rows, columns;  ///< of the transforms
  int down, across;   ///< tiles

  Tiling(int width, int height, int reach) : margin(reach + 1) {
    const int side = tileSide(2 * reach + 1);
    columns = goodFftSize(std::min(side, width + 2 * margin));
    rows = goodFftSize(std::min(side, height + 2 * margin));
    across = (width - 1) / usedColumns() + 1;
    down = (height - 1) / usedRows() + 1;
  }
  int usedColumns() const { return columns - 2 * margin; }
  int usedRows() const { return rows - 2 * margin; }
  int count() const { return down * across; }

  SolverShape kernelShape() const {
    return {.width = columns, .height = rows, .radiusX = margin - 1, .radiusY = margin - 1, .symmetric = true};
  }
  Geometry geometry() const { return {columns, rows, columns, rows, columns}; }
};

/// Correlates tiles, one at a time.
class TileFilter {
 public:
  Status create(const Tiling& tiling, const FftKernels& kernels) {
    tiling_ = &tiling;
    response_.resize(static_cast<std::size_t>(tiling.rows) * tiling.columns);
    return fft_.create(tiling.rows, tiling.columns, kernels);
  }

  void transformKernel(const DrawnProfile& profile, TransferFunction& transfer) {
    transfer.set(profile.values.data(), fft_.plan(), fft_.spectrum());
  }

  void findPeaks(const FilterRequest& request, const TransferFunction& transfer, int tile, TileFindings& found) {
    const int left = tile % tiling_->across * tiling_->usedColumns();
    const int top = tile / tiling_->across * tiling_->usedRows();
    correlate(request.plane, transfer, left - tiling_->margin, top - tiling_->margin);
    const int right = std::min(request.plane.width - 1, left + tiling_->usedColumns());
    const int bottom = std::min(request.plane.height - 1, top + tiling_->usedRows());
    const NoiseMap& noise = request.plane.noise;
    const auto usual = static_cast<float>(request.limit);
    const float limit = usual * noise.least();
    for (int y = std::max(1, top); y < bottom; ++y) {
      const float* row = response_.data() + static_cast<std::ptrdiff_t>(y - top + tiling_->margin) * tiling_->columns +
                         tiling_->margin - left;
      if (y % kSpreadStep == 0) lookAtSpread(request, row, left, right, y, found);
      for (int first = std::max(1, left); first < right; first += kAtOnce) {
        const int end = std::min(right, first + kAtOnce);
        if (!isAnyAbove(row + first, end - first, limit)) continue;
        for (int x = first; x < end; ++x) {
          if (row[x] > limit && row[x] > usual * request.plane.noiseAt(x, y) && isPeak(row + x))
            found.peaks.push_back({static_cast<std::uint32_t>(request.plane.at(x, y)), row[x]});
        }
      }
    }
  }

 private:
  static void lookAtSpread(const FilterRequest& request, const float* row, int left, int right, int y,
                           TileFindings& found) {
    for (int x = left + kSpreadStep - 1 - (left + kSpreadStep - 1) % kSpreadStep; x < right; x += kSpreadStep) {
      if (request.plane.invalid[request.plane.at(x, y)] != 0) continue;
      found.responses.push_back(row[x] / static_cast<float>(request.sigma * request.plane.noiseAt(x, y)));
    }
  }

  void correlate(const StarPlane& plane, const TransferFunction& transfer, int left, int top) {
    const std::ptrdiff_t columns = tiling_->columns;
    fft_.forwardRows([&](int row, float* out) { readRow(plane, left, top + row, out); });
    // The profile equals itself turned by 180 degrees, so that its transform is real.
    auto multiply = [&](const ColumnBlock& block, int) { transfer.multiply(block); };
    const ColumnVisit multiplying(multiply);
    fft_.plan().throughColumns(fft_.spectrum(), multiplying.function, multiplying.context);
    fft_.inverseRows(
        [&](int row, const float* values) { std::copy_n(values, columns, response_.data() + row * columns); });
  }

  void readRow(const StarPlane& plane, int left, int y, float* row) const {
    std::fill_n(row, tiling_->columns, 0.0f);
    if (y < 0 || y >= plane.height) return;
    const int first = std::max(0, left), end = std::min(plane.width, left + tiling_->columns);
    if (first < end)
      std::copy(plane.data + plane.at(first, y), plane.data + plane.at(first, y) + (end - first), row + first - left);
  }

  bool isPeak(const float* at) const {
    const std::ptrdiff_t row = tiling_->columns;
    const float value = *at;
    return value >= at[-1] && value > at[1] && value >= at[-row] && value > at[row] && value >= at[-row - 1] &&
           value >= at[-row + 1] && value > at[row - 1] && value > at[row + 1];
  }

  const Tiling* tiling_ = nullptr;
  TileFft fft_;
  std::vector<float> response_;
};

}  // namespace

Status findPeaks(const FilterRequest& request, const FftKernels& fft, const DeconvolutionKernels& kernels, Team& team,
                 FoundPeaks& all) {
  const Tiling tiling(request.plane.width, request.plane.height, request.profile.reach);
  Team needed(std::min(team.threads(), tiling.count()), team.ticket());
  std::vector<TileFilter> filters(needed.threads());
  for (TileFilter& filter : filters) {
    const Status status = filter.create(tiling, fft);
    if (!status.ok()) return status;
  }
  Arena arena;
  TransferFunction transfer;
  const std::size_t bytes = TransferFunction::bytes(tiling.kernelShape(), tiling.geometry());
  if (!arena.map(bytes)) return {StatusCode::kOutOfMemory, "could not map " + std::to_string(bytes) + " bytes"};
  transfer.create(tiling.kernelShape(), tiling.geometry(), kernels, arena);
  filters[0].transformKernel(request.profile, transfer);
  std::vector<TileFindings> found(tiling.count());
  forEach(needed, tiling.count(),
          [&](int tile, int thread) { filters[thread].findPeaks(request, transfer, tile, found[tile]); });
  std::vector<float> responses;
  for (const TileFindings& some : found) {
    all.peaks.insert(all.peaks.end(), some.peaks.begin(), some.peaks.end());
    responses.insert(responses.end(), some.responses.begin(), some.responses.end());
  }
  if (request.profile.reach <= kMostReach) all.spread = spreadOf(responses);
  std::sort(all.peaks.begin(), all.peaks.end(), [](const Peak& a, const Peak& b) { return a.pixel < b.pixel; });
  return team.status();
}

}  // namespace perifocal
