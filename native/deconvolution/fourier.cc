#include "deconvolution/fourier.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace perifocal {
namespace {

std::size_t paddedBins(const Geometry& geometry) {
  return static_cast<std::size_t>(geometry.columns / 2 / kBinGroup + 1) * kBinGroup;
}

std::vector<float> sineSquares(std::size_t count, int size) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double sine = std::sin(std::numbers::pi * static_cast<double>(i) / size);
    values[i] = static_cast<float>(4 * sine * sine);
  }
  return values;
}

}  // namespace

Penalty Penalty::flat(const Geometry& geometry) {
  return {std::vector<float>(geometry.rows, 1.0f), std::vector<float>(paddedBins(geometry), 0.0f)};
}

Penalty Penalty::gradient(const Geometry& geometry) {
  return {sineSquares(geometry.rows, geometry.rows), sineSquares(paddedBins(geometry), geometry.columns)};
}

double frequencyOf(int index, int size) { return static_cast<double>(index <= size / 2 ? index : index - size) / size; }

float* LightMeter::find(const ColumnBlock& block) {
  if (block.bin != 0) return nullptr;
  const int* end = block.frequency + block.rows;
  const int* zero = std::find(block.frequency, end, 0);
  return zero == end ? nullptr : block.data + (zero - block.frequency) * 2 * kBinGroup;
}

void LightMeter::note(const ColumnBlock& block, float& sum) {
  const float* light = find(block);
  if (light != nullptr) sum = *light;
}

void LightMeter::restore(const ColumnBlock& block) const {
  float* light = find(block);
  if (light != nullptr) *light = observed_;
}

BinSums::BinSums(const Geometry& geometry) : geometry_(geometry), sums_(paddedBins(geometry)) {}

void BinSums::clear() { std::fill(sums_.begin(), sums_.end(), 0.0f); }

double BinSums::mean() const {
  const int last = geometry_.columns / 2;
  double sum = 0;
  for (int u = 0; u <= last; ++u) sum += (u == 0 || 2 * u == geometry_.columns ? 1.0 : 2.0) * sums_[u];
  const double pixels = static_cast<double>(geometry_.rows) * geometry_.columns;
  return sum / (pixels * pixels);
}

}  // namespace perifocal
