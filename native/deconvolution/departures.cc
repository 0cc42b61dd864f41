#include "deconvolution/departures.h"

#include <algorithm>
#include <cmath>

namespace perifocal {
namespace {

constexpr int kReach = Prediction::kReach;
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

DepartureStrip::DepartureStrip(const DefectRequest& request)
    : request_(request),
      pitch_(static_cast<std::ptrdiff_t>(pitchOf(request.width))),
      departures_(static_cast<std::size_t>(pitch_) * kRows),
      sides_(departures_.size()) {}

bool DepartureStrip::read(const FrameStrip& strip, float limit) {
  const DeconvolutionKernels& kernels = *request_.kernels;
  const int rows = strip.rows() + FrameStrip::kBelow;
  limit_ = limit;
  for (int row = 0; row < rows; ++row) {
    farthest_[row] = kernels.departures(strip.row(row), strip.pitch(), request_.prediction.weights, request_.width,
                                        departures_.data() + placeOf(row));
  }
  if (*std::max_element(farthest_, farthest_ + rows) <= limit) return false;
  for (int row = 0; row < rows; ++row) {
    kernels.sideSpreads(strip.row(row), strip.pitch(), request_.width, sides_.data() + placeOf(row));
  }
  return true;
}

bool DepartureStrip::isAnyBeyond(int row, int rows, int left, int columns) const {
  for (int i = row; i < row + rows; ++i) {
    if (farthest_[i] <= limit_) continue;
    const float* first = departures(i) + left;
    int beyond = 0;
    for (int x = 0; x < columns; ++x) beyond |= std::fabs(first[x]) > limit_;
    if (beyond != 0) return true;
  }
  return false;
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

void DepartureNoise::measureAround(int x, int y) {
  constexpr int kFar = Cluster::kReach + 2 * kReach;
  static_assert(kFar < kBlock);
  for (int v : {std::max(0, y - kFar), std::min(frame_.height() - 1, y + kFar)}) {
    for (int u : {std::max(0, x - kFar), std::min(frame_.width() - 1, x + kFar)}) at(u, v, 0);
  }
}

std::size_t DepartureNoise::bytes(int width, int height) {
  constexpr std::size_t kOfOneBlock = 2 * kBlock * kBlock * sizeof(float);
  return static_cast<std::size_t>(blocksOf(width)) * blocksOf(height) * sizeof(Block) + kOfOneBlock;
}

}  // namespace perifocal
