#include "stars/window_pixels.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace perifocal {
namespace {

template <class T>
float cutSamples(const SourceWindow& window, int width, int height, float* out) {
  float most = 0;
  for (int y = 0; y < height; ++y, out += width) {
    const T* row = static_cast<const T*>(window.first) + y * window.rowStride;
    for (int x = 0; x < width; ++x) {
      out[x] = static_cast<float>(row[x * window.pixelStride]);
      // False for NaN.
      most = out[x] > most ? out[x] : most;
    }
  }
  return most;
}

template <class T>
std::int64_t pasteSamples(const RestoredWindow& restored, const TargetWindow& window) {
  const double top = fullScale(window.type);
  std::int64_t clipped = 0;
  for (int y = 0; y < restored.height; ++y) {
    T* row = static_cast<T*>(window.first) + y * window.rowStride;
    const float* light = restored.light + static_cast<std::ptrdiff_t>(y) * restored.width;
    for (int x = 0; x < restored.width; ++x) {
      T& sample = row[x * window.pixelStride];
      const double weight = static_cast<double>(restored.columns[x]) * restored.rows[y];
      const double mixed = (1 - weight) * sample + weight * (restored.level + restored.scale * light[x]);
      if constexpr (std::is_floating_point_v<T>) {
        sample = static_cast<T>(mixed);
      } else {
        clipped += mixed > top;
        // NaN becomes 0.
        sample = static_cast<T>(mixed > 0 ? std::min(top, mixed) + 0.5 : 0);
      }
    }
  }
  return clipped;
}

}  // namespace

float cutWindow(const SourceWindow& window, int width, int height, float* out) {
  switch (window.type) {
    case SampleType::kUint8: return cutSamples<std::uint8_t>(window, width, height, out);
    case SampleType::kUint16: return cutSamples<std::uint16_t>(window, width, height, out);
    case SampleType::kFloat32: return cutSamples<float>(window, width, height, out);
  }
  return 0;
}

std::int64_t pasteWindow(const RestoredWindow& restored, const TargetWindow& window) {
  switch (window.type) {
    case SampleType::kUint8: return pasteSamples<std::uint8_t>(restored, window);
    case SampleType::kUint16: return pasteSamples<std::uint16_t>(restored, window);
    case SampleType::kFloat32: return pasteSamples<float>(restored, window);
  }
  return 0;
}

}  // namespace perifocal
