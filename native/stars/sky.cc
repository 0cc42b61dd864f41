#include "stars/sky.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "deconvolution/parallel.h"
#include "deconvolution/samples.h"
#include "stars/median.h"

namespace perifocal {
namespace {

/// Side of the blocks in which the background is measured.
constexpr int kBlock = 64;
/// Samples of a block that its median is taken of.
constexpr int kSamples = 1024;
/// Rounding alone gives this much of one count: sqrt(1 / 12).
constexpr double kRounding = 0.28867513459481287;
/// The sky of a block whose median absolute deviation is rounded to 0: what remains after clipping at so many deviations.
constexpr double kClip = 4;
constexpr int kClipPasses = 4;
/// Median of |normal| to standard deviations.
constexpr double kDeviations = 1.4826;

template <class T>
void markInvalid(const SourceWindow& colours, int colourCount, double saturation, int y, int width, std::uint8_t* out) {
  const T* row = static_cast<const T*>(colours.first) + y * colours.rowStride;
  const auto limit = static_cast<float>(saturation);
  // False for NaN as well.
  const auto isValid = [=](T sample) { return static_cast<float>(sample) < limit; };
  if (colours.pixelStride == 1) {
    for (int x = 0; x < width; ++x) out[x] = !isValid(row[x]);
    return;
  }
  std::fill_n(out, width, 0);
  for (int colour = 0; colour < colourCount; ++colour) {
    for (int x = 0; x < width; ++x) out[x] |= !isValid(row[x * colours.pixelStride + colour]);
  }
}

void readInvalid(const SkyRequest& request, int y, std::uint8_t* out) {
  const auto mark = [&]<class T>(T) {
    markInvalid<T>(request.colours, request.colourCount, request.saturation, y, request.width, out);
  };
  switch (request.colours.type) {
    case SampleType::kUint8: return mark(std::uint8_t{});
    case SampleType::kUint16: return mark(std::uint16_t{});
    case SampleType::kFloat32: return mark(float{});
  }
}

/// Few counts: medians are rounded to whole ones, means are not.
Sky clipSky(const std::vector<float>& values, double level, double spread, double count) {
  Sky sky{std::max(spread, count), level};
  for (int pass = 0; pass < kClipPasses; ++pass) {
    const double limit = kClip * std::max(sky.sigma, count / 2), centre = sky.level;
    const auto isKept = [=](double value) { return std::fabs(value - centre) <= limit; };
    double sum = 0, squares = 0;
    std::ptrdiff_t kept = 0;
    for (double value : values) {
      if (!isKept(value)) continue;
      sum += value;
      ++kept;
    }
    if (kept == 0) break;
    sky.level = sum / kept;
    for (double value : values) squares += isKept(value) ? (value - sky.level) * (value - sky.level) : 0;
    sky.sigma = std::sqrt(squares / kept);
  }
  return {std::max(sky.sigma, count * kRounding), sky.level};
}

/// Level and standard deviation of the sky among samples with stars.
Sky skyOf(std::vector<float>& values, double count) {
  if (values.empty()) return {count * kRounding, 0};
  const double level = medianOf(values);
  std::vector<float> deviations(values.size());
  std::transform(values.begin(), values.end(), deviations.begin(), [=](double v) { return static_cast<float>(std::fabs(v - level)); });
  const double spread = kDeviations * medianOf(deviations);
  if (spread > count) return {spread, level};
  return clipSky(values, level, spread, count);
}

class SkyBlocks {
 public:
  SkyBlocks(int width, int height) : width_(width), height_(height), skies_(columns() * rows()) {}

  int columns() const { return std::max(1, (width_ + kBlock / 2) / kBlock); }
  int rows() const { return std::max(1, (height_ + kBlock / 2) / kBlock); }
  int count() const { return static_cast<int>(skies_.size()); }
  double level(int column, int row) const { return skies_[row * columns() + column].level; }

  void measure(int block, const float* plane, const std::uint8_t* invalid, double count) {
    const int column = block % columns(), row = block / columns();
    const int left = start(column, columns(), width_), right = start(column + 1, columns(), width_);
    const int top = start(row, rows(), height_), bottom = start(row + 1, rows(), height_);
    const int area = (right - left) * (bottom - top);
    // An odd step, so that columns are met evenly.
    const int step = std::max(1, area / kSamples | 1);
    std::vector<float> values, finite;
    values.reserve(area / step + 1);
    for (int x = left, y = top; y < bottom; x += step) {
      for (; x >= right; x -= right - left) ++y;
      if (y >= bottom) break;
      const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(y) * width_ + x;
      if (invalid[pixel] == 0) {
        values.push_back(plane[pixel]);
      } else if (std::isfinite(plane[pixel])) {
        finite.push_back(plane[pixel]);
      }
    }
    // A block that is saturated all over is its own background.
    skies_[block] = skyOf(values.empty() ? finite : values, count);
  }

  Sky median() const {
    std::vector<double> sigmas, levels;
    for (const Sky& sky : skies_) {
      sigmas.push_back(sky.sigma);
      levels.push_back(sky.level);
    }
    return {medianOf(sigmas), medianOf(levels)};
  }

 private:
  static int start(int index, int count, int size) {
    return static_cast<int>(static_cast<std::int64_t>(index) * size / count);
  }

  int width_, height_;
  std::vector<Sky> skies_;
};

/// Between the middles of which two blocks a pixel lies, and how far from the first.
struct Place {
  int low, high;
  double share;

  Place(int index, int size, int count) {
    const double position = std::clamp((index + 0.5) * count / size - 0.5, 0.0, count - 1.0);
    low = static_cast<int>(position);
    high = std::min(count - 1, low + 1);
    share = position - low;
  }
};

/// The levels of a row of pixels, interpolated between the middles of blocks.
class LevelRows {
 public:
  LevelRows(const SkyBlocks& blocks, int width, int height) : blocks_(blocks), height_(height) {
    for (int x = 0; x < width; ++x) {
      const Place place(x, width, blocks.columns());
      if (segments_.empty() || segments_.back().low != place.low) segments_.push_back({x, place.low, place.high});
      shares_.push_back(static_cast<float>(place.share));
    }
    segments_.push_back({width, 0, 0});
  }

  void subtract(int y, float* row) const {
    const Place down(y, height_, blocks_.rows());
    const auto level = [&](int column) {
      return (1 - down.share) * blocks_.level(column, down.low) + down.share * blocks_.level(column, down.high);
    };
    for (std::size_t i = 0; i + 1 < segments_.size(); ++i) {
      const double low = level(segments_[i].low);
      subtract(segments_[i].left, segments_[i + 1].left, static_cast<float>(low),
               static_cast<float>(level(segments_[i].high) - low), row);
    }
  }

 private:
  /// Columns from `left` on that lie between the same blocks.
  struct Segment {
    int left, low, high;
  };

  void subtract(int left, int right, float low, float rise, float* row) const {
    constexpr std::uint32_t kExponent = 0x7f800000;
    for (int x = left; x < right; ++x) {
      const bool isFinite = (std::bit_cast<std::uint32_t>(row[x]) & kExponent) != kExponent;
      const float above = row[x] - low - shares_[x] * rise;
      // What is no number would spread over everything that is transformed with it.
      row[x] = std::bit_cast<float>(isFinite ? std::bit_cast<std::uint32_t>(above) : 0);
    }
  }

  const SkyBlocks& blocks_;
  int height_;
  std::vector<Segment> segments_;
  std::vector<float> shares_;
};

}  // namespace

Sky measureSky(const SkyRequest& request, ThreadPool& pool, float* plane, std::uint8_t* invalid) {
  const int width = request.width, height = request.height;
  forEachRow(pool, height, [&](int y, int) {
    readRow(request.brightness, y, width, plane + static_cast<std::ptrdiff_t>(y) * width);
    readInvalid(request, y, invalid + static_cast<std::ptrdiff_t>(y) * width);
  });
  SkyBlocks blocks(width, height);
  forEachRow(pool, blocks.count(), [&](int block, int) { blocks.measure(block, plane, invalid, request.count); }, 1);
  const LevelRows levels(blocks, width, height);
  forEachRow(pool, height, [&](int y, int) { levels.subtract(y, plane + static_cast<std::ptrdiff_t>(y) * width); });
  return blocks.median();
}

}  // namespace perifocal
