#include "metrics/scene_statistics.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "metrics/distributions.h"
#include "metrics/scene_rows.h"
#include "runtime/parallel.h"

namespace perifocal {
namespace {

constexpr int kScales = 2;
/// Rows of the whole image that are summed at once, at full size.
constexpr int kStripRows = 128;

/// The coefficients, and their products with the neighbour at the left, above, above at the left, above at the right.
using Distributions = std::array<LaneMoments, 5>;

/// One row of coefficients with its neighbours; rows go round in blocks of columns.
class NeighbourRow {
 public:
  explicit NeighbourRow(int width) : here_(paddedCount(width)), left_(paddedCount(width)), right_(paddedCount(width)) {}

  /// @param row 0 from the width to paddedCount(width)
  /// @param block columns after which a row begins anew
  void set(const double* row, int width, int block) {
    std::copy_n(row, paddedCount(width), here_.data());
    for (int first = 0; first < width; first += block) {
      const int last = first + block - 1;
      std::copy(row + first, row + last, left_.data() + first + 1);
      left_[first] = row[last];
      std::copy(row + first + 1, row + last + 1, right_.data() + first);
      right_[last] = row[first];
    }
  }

  const double* here() const { return here_.data(); }
  const double* left() const { return left_.data(); }
  const double* right() const { return right_.data(); }

 private:
  std::vector<double> here_, left_, right_;
};

/// Adds the products with the row above of every block.
void addAbove(const MetricKernels& kernels, const NeighbourRow& row, const NeighbourRow& above, int width, int block,
              Distributions* sums) {
  for (int first = 0; first < width; first += block, ++sums) {
    kernels.addMoments(row.here() + first, above.here() + first, block, (*sums)[2]);
    kernels.addMoments(row.here() + first, above.left() + first, block, (*sums)[3]);
    kernels.addMoments(row.here() + first, above.right() + first, block, (*sums)[4]);
  }
}

void addWithin(const MetricKernels& kernels, const NeighbourRow& row, int width, int block, Distributions* sums) {
  for (int first = 0; first < width; first += block, ++sums) {
    kernels.addMoments(row.here() + first, nullptr, block, (*sums)[0]);
    kernels.addMoments(row.here() + first, row.left() + first, block, (*sums)[1]);
  }
}

/// What one thread needs to make coefficients at both scales.
class Scales {
 public:
  Scales(const FrameView& frame, int width, int height, SceneBorder border, const MetricKernels& kernels)
      : grey_(frame, width, height, kernels),
        halved_(grey_, kernels),
        normalised_{NormalisedRows(grey_, border, kernels), NormalisedRows(halved_, border, kernels)},
        rows_{NeighbourRow(width), NeighbourRow(width), NeighbourRow(width)},
        kernels_(kernels) {}
  Scales(const Scales&) = delete;
  Scales& operator=(const Scales&) = delete;

  RowSource& image(int scale) { return normalised_[scale].image(); }

  /// Sums over one row of blocks, each of which goes round; adds up every block's local deviations where asked.
  void sumBlocks(const Team& team, int scale, int top, int block, Distributions* sums, double* sigma) {
    NormalisedRows& source = normalised_[scale];
    const int width = image(scale).width();
    NeighbourRow &row = rows_[0], &above = rows_[1], &first = rows_[2];
    for (int y = 0; y < block && !team.cancelled(); ++y) {
      if (y % kSmoothedRows == 0) source.make(top + y);
      row.set(source.coefficients(y % kSmoothedRows), width, block);
      addWithin(kernels_, row, width, block, sums);
      if (y > 0) addAbove(kernels_, row, above, width, block, sums);
      if (sigma != nullptr) addSigma(source.sigma(y % kSmoothedRows), width, block, sigma);
      if (y == 0) first = row;
      std::swap(row, above);
    }
    addAbove(kernels_, first, above, width, block, sums);
  }

  /// Sums over some rows of the whole image, which goes round, of the places that count.
  void sumRows(const Team& team, int scale, int top, int count, PlaceMask mask, Distributions& sums) {
    NormalisedRows& source = normalised_[scale];
    const int width = image(scale).width(), height = image(scale).height();
    NeighbourRow &row = rows_[0], &above = rows_[1];
    const int before = (top + height - 1) % height;
    source.make(before);
    above.set(counted(source.coefficients(0), mask.row(before), width), width, width);
    for (int y = 0; y < count && !team.cancelled(); ++y) {
      if (y % kSmoothedRows == 0) source.make(top + y);
      row.set(counted(source.coefficients(y % kSmoothedRows), mask.row(top + y), width), width, width);
      addWithin(kernels_, row, width, width, &sums);
      addAbove(kernels_, row, above, width, width, &sums);
      std::swap(row, above);
    }
  }

  /// Adds 1 to `counts.positives` for each value that sumRows adds to its sums.
  void countRows(int scale, int top, int count, PlaceMask mask, Distributions& counts) {
    const int width = image(scale).width(), height = image(scale).height();
    const std::vector<double> ones = onesOf(width);
    NeighbourRow &row = rows_[0], &above = rows_[1];
    above.set(counted(ones.data(), mask.row((top + height - 1) % height), width), width, width);
    for (int y = top; y < top + count; ++y) {
      row.set(counted(ones.data(), mask.row(y), width), width, width);
      addWithin(kernels_, row, width, width, &counts);
      addAbove(kernels_, row, above, width, width, &counts);
      std::swap(row, above);
    }
  }

 private:
  static std::vector<double> onesOf(int width) {
    std::vector<double> ones(paddedCount(width));
    std::fill_n(ones.begin(), width, 1.0);
    return ones;
  }

  /// The row with 0, which adds to no sum, where a place does not count.
  const double* counted(const double* row, const std::uint8_t* mask, int width) {
    if (mask == nullptr) return row;
    counted_.assign(paddedCount(width), 0.0);
    for (int x = 0; x < width; ++x) counted_[x] = mask[x] != 0 ? row[x] : 0.0;
    return counted_.data();
  }

  static void addSigma(const double* row, int width, int block, double* sums) {
    for (int x = 0; x < width; ++x) sums[x / block] += row[x];
  }

  GreyRows grey_;
  HalvedRows halved_;
  std::array<NormalisedRows, kScales> normalised_;
  std::array<NeighbourRow, 3> rows_;
  std::vector<double> counted_;
  const MetricKernels& kernels_;
};

std::vector<std::unique_ptr<Scales>> makeScales(const FrameView& frame, int width, int height, SceneBorder border,
                                                const MetricKernels& kernels, int threads) {
  std::vector<std::unique_ptr<Scales>> scales;
  for (int i = 0; i < threads; ++i) scales.push_back(std::make_unique<Scales>(frame, width, height, border, kernels));
  return scales;
}

double countOf(const LaneMoments& counts) {
  double count = 0;
  for (double lane : counts.positives) count += lane;
  return count;
}

Moments momentsOf(const LaneMoments& sums, double samples) {
  Moments moments{.samples = samples};
  moments.add(sums);
  return moments;
}

/// Equations 6 to 8 of the paper: shape and mean scale of the coefficients; shape, mean and scales of their products.
void writeBlockFeatures(const Distributions& sums, double samples, double* out) {
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const AsymmetricFit fit = fitAsymmetric(momentsOf(sums[i], samples));
    const double scale = std::sqrt(fit.spread()), left = fit.left * scale, right = fit.right * scale;
    *out++ = fit.alpha;
    if (i == 0) {
      *out++ = (left + right) / 2;
      continue;
    }
    *out++ = (right - left) * fit.skew();
    *out++ = left;
    *out++ = right;
  }
}

/// Table I of the paper: shape and variance of the coefficients; shape, mean and variances of their products.
void writeSceneFeatures(const std::array<Moments, 5>& moments, double* out) {
  const SymmetricFit fit = fitSymmetric(moments[0]);
  *out++ = fit.alpha;
  *out++ = fit.variance;
  for (std::size_t i = 1; i < moments.size(); ++i) {
    const AsymmetricFit pair = fitAsymmetric(moments[i]);
    *out++ = pair.alpha;
    *out++ = (pair.right - pair.left) * pair.skew() * std::sqrt(pair.spread());
    *out++ = pair.left * pair.left;
    *out++ = pair.right * pair.right;
  }
}

}  // namespace

BlockStatistics measureBlocks(const FrameView& frame, const MetricKernels& kernels, Team& team) {
  const int columns = frame.width / kSceneBlock, rows = frame.height / kSceneBlock;
  const auto scales =
      makeScales(frame, columns * kSceneBlock, rows * kSceneBlock, SceneBorder::kReplicate, kernels, team.threads());
  const std::size_t blocks = static_cast<std::size_t>(columns) * rows;
  BlockStatistics found{std::vector<double>(blocks * kSceneFeatures), std::vector<double>(blocks)};
  const auto measureRow = [&](int unit, int thread) {
    const int scale = unit / rows, row = unit % rows, block = kSceneBlock >> scale;
    std::vector<Distributions> sums(columns);
    double* sharpness = found.sharpness.data() + static_cast<std::ptrdiff_t>(row) * columns;
    scales[thread]->sumBlocks(team, scale, row * block, block, sums.data(), scale == 0 ? sharpness : nullptr);
    for (int column = 0; column < columns; ++column) {
      double* out = found.features.data() + (static_cast<std::ptrdiff_t>(row) * columns + column) * kSceneFeatures;
      writeBlockFeatures(sums[column], block * block, out + scale * kSceneFeatures / kScales);
      if (scale == 0) sharpness[column] /= block * block;
    }
  };
  forEach(team, kScales * rows, measureRow);
  return found;
}

std::vector<double> measureScene(const FrameView& frame, const SceneMask& mask, const MetricKernels& kernels,
                                 Team& team) {
  const auto scales = makeScales(frame, frame.width, frame.height, SceneBorder::kZero, kernels, team.threads());
  const int strips = (frame.height + kStripRows - 1) / kStripRows;
  std::vector<Distributions> sums(static_cast<std::size_t>(kScales) * strips), counts(sums.size());
  const auto sumStrip = [&](int unit, int thread) {
    const int scale = unit / strips, rows = kStripRows >> scale, top = unit % strips * rows;
    const int count = std::min(rows, scales[thread]->image(scale).height() - top);
    scales[thread]->sumRows(team, scale, top, count, mask[scale], sums[unit]);
    if (mask[scale].data != nullptr) scales[thread]->countRows(scale, top, count, mask[scale], counts[unit]);
  };
  forEach(team, kScales * strips, sumStrip);
  std::vector<double> features(kSceneFeatures);
  for (int scale = 0; scale < kScales; ++scale) {
    std::array<Moments, 5> moments;
    for (std::size_t i = 0; i < moments.size(); ++i) {
      const RowSource& image = scales[0]->image(scale);
      if (mask[scale].data == nullptr) moments[i].samples = static_cast<double>(image.width()) * image.height();
      for (int strip = 0; strip < strips; ++strip) {
        moments[i].samples += countOf(counts[scale * strips + strip][i]);
        moments[i].add(sums[scale * strips + strip][i]);
      }
    }
    writeSceneFeatures(moments, features.data() + scale * kSceneFeatures / kScales);
  }
  return features;
}

}  // namespace perifocal
