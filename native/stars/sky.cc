#include "stars/sky.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "image/sample_window.h"
#include "runtime/parallel.h"
#include "stars/median.h"

namespace perifocal {
namespace {

/// Side of the blocks in which the background is measured.
constexpr int kBlock = 64;
/// What remains of a frame is shared out: blocks are below one and a half times as wide.
constexpr int kWidestBlock = 2 * kBlock;
/// Samples of a block that its median is taken of.
constexpr int kSamples = 1024;
/// Rounding alone gives this much of one count: sqrt(1 / 12).
constexpr double kRounding = 0.28867513459481287;
/// The sky of a block whose median absolute deviation is rounded to 0: what remains after clipping at so many
/// deviations.
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

/// Brightness of some pixels of a row, and bytes that are 1 where they are not used.
void readPixels(const SkyRequest& request, int left, int y, int count, float* brightness, std::uint8_t* invalid) {
  readRow(partOf(request.brightness, left, 0), y, count, brightness);
  const SourceWindow colours = partOf(request.colours, left, 0);
  const auto mark = [&]<class T>(T) {
    markInvalid<T>(colours, request.colourCount, request.saturation, y, count, invalid);
  };
  switch (colours.type) {
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
Sky skyOf(const std::vector<float>& values, double count) {
  if (values.empty()) return {count * kRounding, 0};
  const double level = medianOf(std::span<const float>(values));
  std::vector<float> deviations(values.size());
  std::transform(values.begin(), values.end(), deviations.begin(),
                 [=](double v) { return static_cast<float>(std::fabs(v - level)); });
  const double spread = kDeviations * medianOf(std::span<const float>(deviations));
  if (spread > count) return {spread, level};
  return clipSky(values, level, spread, count);
}

class SkyBlocks {
 public:
  SkyBlocks(int width, int height)
      : width_(width), height_(height), skies_(columns() * rows()), known_(skies_.size()) {}

  int columns() const { return std::max(1, (width_ + kBlock / 2) / kBlock); }
  int rows() const { return std::max(1, (height_ + kBlock / 2) / kBlock); }
  int count() const { return static_cast<int>(skies_.size()); }
  double level(int column, int row) const { return skies_[row * columns() + column].level; }

  void measure(int block, const SkyRequest& request) {
    const int column = block % columns(), row = block / columns();
    const int left = start(column, columns(), width_), right = start(column + 1, columns(), width_);
    const int top = start(row, rows(), height_), bottom = start(row + 1, rows(), height_);
    const int area = (right - left) * (bottom - top);
    // An odd step, so that columns are met evenly.
    const int step = std::max(1, area / kSamples | 1);
    std::vector<float> values(area / step + 1), finite;
    std::size_t valid = 0;
    float brightness[kWidestBlock];
    std::uint8_t invalid[kWidestBlock];
    for (int x = 0, y = top; y < bottom; x -= right - left, ++y) {
      if (x >= right - left) continue;
      readPixels(request, left, y, right - left, brightness, invalid);
      for (; x < right - left; x += step) {
        values[valid] = brightness[x];
        valid += invalid[x] == 0;
        if (invalid[x] != 0 && std::isfinite(brightness[x])) finite.push_back(brightness[x]);
      }
    }
    values.resize(valid);
    known_[block] = !values.empty() || !finite.empty();
    // A block that is saturated all over is its own background.
    skies_[block] = skyOf(values.empty() ? finite : values, request.count);
  }

  /// Blocks of which nothing is known are like the nearest other one: their level is none of a sky.
  void completeUnknown() {
    const std::vector<Sky> measured = skies_;
    for (int block = 0; block < count(); ++block) {
      int nearest = -1;
      for (int other = 0; known_[block] == 0 && other < count(); ++other) {
        if (known_[other] != 0 && (nearest < 0 || distance(block, other) < distance(block, nearest))) nearest = other;
      }
      if (nearest >= 0) skies_[block] = measured[nearest];
    }
  }

  /// Of the blocks of which something is known, or of all where there is none.
  Sky median() const {
    const bool isAnyKnown = std::count(known_.begin(), known_.end(), 1) > 0;
    std::vector<double> sigmas, levels;
    for (int block = 0; block < count(); ++block) {
      if (isAnyKnown && known_[block] == 0) continue;
      sigmas.push_back(skies_[block].sigma);
      levels.push_back(skies_[block].level);
    }
    return {medianOf(std::span<const double>(sigmas)), medianOf(std::span<const double>(levels))};
  }

 private:
  int distance(int a, int b) const {
    const int across = a % columns() - b % columns(), down = a / columns() - b / columns();
    return across * across + down * down;
  }

  static int start(int index, int count, int size) {
    return static_cast<int>(static_cast<std::int64_t>(index) * size / count);
  }

  int width_, height_;
  std::vector<Sky> skies_;
  std::vector<std::uint8_t> known_;
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
    const float* shares = shares_.data();
    for (int x = left; x < right; ++x) {
      const auto bits = std::bit_cast<std::uint32_t>(row[x]);
      // What is no number would spread over everything that is transformed with it. Without a branch, for vectors.
      const std::uint32_t kept = (bits & kExponent) == kExponent ? 0 : ~0u;
      const float above = row[x] - low - shares[x] * rise;
      row[x] = std::bit_cast<float>(std::bit_cast<std::uint32_t>(above) & kept);
    }
  }

  const SkyBlocks& blocks_;
  int height_;
  std::vector<Segment> segments_;
  std::vector<float> shares_;
};

}  // namespace

Sky measureSky(const SkyRequest& request, Team& team, float* plane, std::uint8_t* invalid) {
  const int width = request.width, height = request.height;
  SkyBlocks blocks(width, height);
  forEach(team, blocks.count(), [&](int block, int) { blocks.measure(block, request); });
  blocks.completeUnknown();
  const LevelRows levels(blocks, width, height);
  forEachRow(team, height, [&](int y, int) {
    const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(y) * width;
    readPixels(request, 0, y, width, plane + first, invalid + first);
    levels.subtract(y, plane + first);
  });
  return blocks.median();
}

}  // namespace perifocal
