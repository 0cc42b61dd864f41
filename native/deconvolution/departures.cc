#include "deconvolution/departures.h"

#include <algorithm>
#include <cmath>

namespace perifocal {
namespace {

constexpr int kReach = Prediction::kReach, kSide = Prediction::kSide, kChunk = FrameStrip::kChunk;
constexpr int kBlock = FrameStrip::kRows;
constexpr int kStride = 2;  ///< every second pixel of every second row of a block tells its noise
constexpr float kDeviationOfMedian = 1.4826f;

int blocksOf(int size) { return (size + kBlock - 1) / kBlock; }

/// Of |values|; at least what rounding makes.
float deviation(std::vector<float>& values, float step) {
  const float rounding = step / std::sqrt(12.0f);
  if (values.empty()) return rounding;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return std::max(rounding, kDeviationOfMedian * *middle);
}

/// Some samples side by side, which compilers keep in registers.
struct Chunk {
  float at[kChunk];

  static Chunk of(const float* first) {
    Chunk chunk;
    std::copy_n(first, kChunk, chunk.at);
    return chunk;
  }
  static Chunk all(float value) {
    Chunk chunk;
    std::fill_n(chunk.at, kChunk, value);
    return chunk;
  }
};

/// The kSpreads largest of many, or the least with `kSign` -1.
template <int kSign>
class Extremes {
 public:
  void add(const float* samples) {
    Chunk next = Chunk::of(samples);
    for (Chunk& extreme : sorted_) {
      for (int i = 0; i < kChunk; ++i) {
        const float one = extreme.at[i], other = next.at[i];
        const bool isFarther = kSign > 0 ? other > one : other < one;
        extreme.at[i] = isFarther ? other : one;
        next.at[i] = isFarther ? one : other;
      }
    }
  }
  float at(int order, int i) const { return sorted_[order].at[i]; }

 private:
  Chunk sorted_[Prediction::kSpreads] = {Chunk::all(-kSign * INFINITY), Chunk::all(-kSign* INFINITY),
                                         Chunk::all(-kSign* INFINITY)};
};

}  // namespace

float typicalDeparture(const DefectFrame& frame) {
  constexpr int kPlaces = 64;
  std::vector<float> found;
  const int stepX = std::max(1, frame.width() / kPlaces), stepY = std::max(1, frame.height() / kPlaces);
  for (int y = stepY / 2; y < frame.height(); y += stepY) {
    // Not all in one column: it may be stuck.
    for (int x = (y * 7) % stepX; x < frame.width(); x += stepX) {
      if (frame.isValid(x, y) && !frame.isByUnknown(x, y)) found.push_back(std::fabs(frame.departure(x, y)));
    }
  }
  return deviation(found, frame.request().step);
}

void spreadsOf(const FrameStrip& strip, int row, int x, float (*out)[kChunk]) {
  Extremes<1> largest;
  Extremes<-1> least;
  for (int dy = -kReach; dy <= kReach; ++dy) {
    for (int dx = -kReach; dx <= kReach; ++dx) {
      if (dx == 0 && dy == 0) continue;
      largest.add(strip.row(row + dy) + x + dx);
      least.add(strip.row(row + dy) + x + dx);
    }
  }
  for (int dropped = 0; dropped < Prediction::kSpreads; ++dropped) {
    for (int i = 0; i < kChunk; ++i) out[dropped][i] = largest.at(dropped, i) - least.at(dropped, i);
  }
}

DepartureNoise::DepartureNoise(const DefectFrame& frame, float typical)
    : frame_(frame), columns_(blocksOf(frame.width())), least_(typical) {
  blocks_.resize(static_cast<std::size_t>(columns_) * blocksOf(frame.height()));
}

DepartureNoise::Block DepartureNoise::measure(int column, int row) const {
  const int right = std::min(frame_.width(), (column + 1) * kBlock);
  const int bottom = std::min(frame_.height(), (row + 1) * kBlock);
  std::vector<float> found;
  float level = 0;
  for (int y = row * kBlock; y < bottom; y += kStride) {
    for (int x = column * kBlock; x < right; x += kStride) {
      found.push_back(std::fabs(frame_.departure(x, y)));
      level += frame_.at(x, y);
    }
  }
  level /= static_cast<float>(found.size());
  return {deviation(found, 0), level};
}

float DepartureNoise::at(int x, int y, float predicted) {
  const int column = x / kBlock, row = y / kBlock;
  Block& block = blocks_[static_cast<std::size_t>(row) * columns_ + column];
  if (block.deviation < 0) block = measure(column, row);
  const float deviation = std::max(least_, block.deviation);
  return block.level > 0 && predicted > block.level ? deviation * std::sqrt(predicted / block.level) : deviation;
}

std::size_t DepartureNoise::bytes(int width, int height) {
  constexpr std::size_t kOfOneBlock = 2 * kBlock * kBlock * sizeof(float);
  return static_cast<std::size_t>(blocksOf(width)) * blocksOf(height) * sizeof(Block) + kOfOneBlock;
}

}  // namespace perifocal
