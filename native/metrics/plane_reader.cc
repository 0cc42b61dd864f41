#include "metrics/plane_reader.h"

#include <algorithm>

namespace perifocal {

PlaneReader::PlaneReader(const FrameView& frame, int component, PlaneScale scale, const MetricKernels& kernels)
    : frame_(frame), component_(component), scale_(scale), kernels_(kernels), rows_(2 * scale.halvings) {}

void PlaneReader::readSamples(int x, int y, int count, double* out) const {
  const std::byte* in = frame_.pixel(x, y);
  switch (frame_.type) {
    case SampleType::kUint8:
      return kernels_.read8(reinterpret_cast<const std::uint8_t*>(in), frame_.channels, component_, count, out);
    case SampleType::kUint16:
      return kernels_.read16(reinterpret_cast<const std::uint16_t*>(in), frame_.channels, component_, count, out);
    case SampleType::kFloat32:
      return kernels_.read32(reinterpret_cast<const float*>(in), frame_.channels, component_, count, out);
  }
}

void PlaneReader::readPooled(int x, int y, int count, double* out) {
  const int pool = scale_.pool, pixels = count * pool;
  if (pool == 1) return readSamples(x, y, count, out);
  line_.resize(paddedCount(pixels));
  sum_.assign(paddedCount(pixels), 0.0);
  for (int row = 0; row < pool; ++row) {
    readSamples(x * pool, y * pool + row, pixels, line_.data());
    kernels_.add(line_.data(), pixels, sum_.data());
  }
  const double scale = 1.0 / (static_cast<double>(pool) * pool);
  for (int i = 0; i < count; ++i) {
    double total = 0;
    for (int k = 0; k < pool; ++k) total += sum_[static_cast<std::size_t>(i) * pool + k];
    out[i] = total * scale;
  }
}

void PlaneReader::readHalved(int halvings, int x, int y, int count, double* out) {
  if (halvings == 0) return readPooled(x, y, count, out);
  const PlaneScale above{scale_.pool, halvings - 1};
  const int lastRow = above.lengthOf(frame_.height) - 1;
  const int wanted = 2 * count, there = std::min(wanted, above.lengthOf(frame_.width) - 2 * x);
  for (int half = 0; half < 2; ++half) {
    std::vector<double>& row = rows_[2 * halvings - 2 + half];
    row.resize(paddedCount(wanted));
    readHalved(halvings - 1, 2 * x, std::min(2 * y + half, lastRow), there, row.data());
    std::fill(row.begin() + there, row.end(), row[there - 1]);
  }
  const double *upper = rows_[2 * halvings - 2].data(), *lower = rows_[2 * halvings - 1].data();
  for (int i = 0; i < count; ++i)
    out[i] = 0.25 * ((upper[2 * i] + upper[2 * i + 1]) + (lower[2 * i] + lower[2 * i + 1]));
}

}  // namespace perifocal
