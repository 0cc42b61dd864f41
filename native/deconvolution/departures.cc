#include "deconvolution/departures.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace perifocal {
namespace {

constexpr int kReach = Prediction::kReach, kSide = Prediction::kSide;
constexpr int kBlock = DepartureStrips::kRows;
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

DepartureStrips::DepartureStrips(const DefectFrame& frame)
    : frame_(frame),
      width_(frame.width()),
      pitch_(width_ + 2 * kReach),
      samples_(static_cast<std::size_t>(pitch_) * (kRows + 2 * kReach)),
      departures_(static_cast<std::size_t>(width_) * kRows) {}

int DepartureStrips::compute(int top) {
  const int count = std::min(kRows, frame_.height() - top);
  for (int i = 0; i < count + 2 * kReach; ++i) {
    float* row = samples_.data() + i * pitch_ + kReach;
    frame_.row(reflectedIndex(top + i - kReach, frame_.height()), row);
    for (int x = 1; x <= kReach; ++x) {
      row[-x] = row[reflectedIndex(-x, width_)];
      row[width_ - 1 + x] = row[reflectedIndex(width_ - 1 + x, width_)];
    }
  }
  for (int i = 0; i < count; ++i) {
    float* out = departures_.data() + static_cast<std::ptrdiff_t>(i) * width_;
    std::copy_n(samples(i), width_, out);
    for (int tap = 0; tap < kSide * kSide / 2; ++tap) {
      // Weights are the same on opposite sides.
      const float weight = frame_.request().prediction.weights[tap];
      const float* one = samples_.data() + (i + tap / kSide) * pitch_ + tap % kSide;
      const float* other = samples_.data() + (i + kSide - 1 - tap / kSide) * pitch_ + kSide - 1 - tap % kSide;
      for (int x = 0; x < width_; ++x) out[x] -= weight * (one[x] + other[x]);
    }
  }
  return count;
}

DepartureNoise::DepartureNoise(const DefectFrame& frame, float typical)
    : columns_(blocksOf(frame.width())), width_(frame.width()), least_(typical) {
  blocks_.resize(static_cast<std::size_t>(columns_) * blocksOf(frame.height()));
}

void DepartureNoise::measure(const DepartureStrips& strips, int top, int rows) {
  std::vector<float> found;
  for (int column = 0; column < columns_; ++column) {
    float level = 0;
    found.clear();
    for (int y = 0; y < rows; y += kStride) {
      for (int x = column * kBlock; x < std::min(width_, (column + 1) * kBlock); x += kStride) {
        found.push_back(std::fabs(strips.row(y)[x]));
        level += strips.samples(y)[x];
      }
    }
    level /= static_cast<float>(found.size());
    blocks_[static_cast<std::size_t>(top / kBlock) * columns_ + column] = {deviation(found, 0), level};
  }
}

float DepartureNoise::at(int x, int y, float predicted) const {
  const Block& block = blocks_[static_cast<std::size_t>(y / kBlock) * columns_ + x / kBlock];
  const float deviation = std::max(least_, block.deviation);
  return block.level > 0 && predicted > block.level ? deviation * std::sqrt(predicted / block.level) : deviation;
}

std::size_t departureScratchBytes(int width, int height) {
  const std::size_t rows = 2 * DepartureStrips::kRows + 2 * kReach + 4;
  return rows * (static_cast<std::size_t>(width) + 2 * kReach) * sizeof(float) +
         static_cast<std::size_t>(blocksOf(width)) * blocksOf(height) * 2 * sizeof(float) + 65536;
}

}  // namespace perifocal
