#include "image/sample_window.h"

#include <algorithm>
#include <limits>

namespace perifocal {
namespace {

template <class T>
void copyStrided(const T* in, std::ptrdiff_t stride, int count, T* out) {
  for (int x = 0; x < count; ++x) out[x] = in[x * stride];
}

template <class T>
void scaleStrided(const T* in, std::ptrdiff_t stride, int count, float scale, float* out) {
  for (int x = 0; x < count; ++x) out[x] = static_cast<float>(in[x * stride]) * scale;
}

/// In chunks: compilers make vectors of the rounding, not of the scattering.
template <class T>
void storeRounded(const float* values, T* out, std::ptrdiff_t stride, int count, float white) {
  constexpr int kChunk = 64;
  constexpr float top = std::numeric_limits<T>::max();
  T rounded[kChunk];
  for (int first = 0; first < count; first += kChunk) {
    const int size = std::min(kChunk, count - first);
    for (int i = 0; i < size; ++i) {
      const float value = values[first + i] * white + 0.5f;
      // False for NaN as well.
      const float low = value > 0.0f ? value : 0.0f;
      rounded[i] = static_cast<T>(static_cast<std::int32_t>(low < top ? low : top));
    }
    for (int i = 0; i < size; ++i) out[(first + i) * stride] = rounded[i];
  }
}

template <class T, class Window>
auto* rowOf(const Window& window, int y) {
  return static_cast<T*>(window.first) + y * window.rowStride;
}

}  // namespace

SourceWindow partOf(const SourceWindow& window, int left, int top) {
  SourceWindow part = window;
  const std::ptrdiff_t samples = top * window.rowStride + left * window.pixelStride;
  part.first =
      static_cast<const std::byte*>(window.first) + samples * static_cast<std::ptrdiff_t>(sampleBytes(window.type));
  return part;
}

void copyRow(const SourceWindow& window, int y, int count, void* out) {
  switch (window.type) {
    case SampleType::kUint8:
      return copyStrided(rowOf<const std::uint8_t>(window, y), window.pixelStride, count,
                         static_cast<std::uint8_t*>(out));
    case SampleType::kUint16:
      return copyStrided(rowOf<const std::uint16_t>(window, y), window.pixelStride, count,
                         static_cast<std::uint16_t*>(out));
    case SampleType::kFloat32:
      return copyStrided(rowOf<const float>(window, y), window.pixelStride, count, static_cast<float*>(out));
  }
}

void readRow(const SourceWindow& window, int y, int count, float* out) {
  const float scale = 1.0f / window.scale();
  switch (window.type) {
    case SampleType::kUint8:
      return scaleStrided(rowOf<const std::uint8_t>(window, y), window.pixelStride, count, scale, out);
    case SampleType::kUint16:
      return scaleStrided(rowOf<const std::uint16_t>(window, y), window.pixelStride, count, scale, out);
    case SampleType::kFloat32:
      return scaleStrided(rowOf<const float>(window, y), window.pixelStride, count, scale, out);
  }
}

void storeRow(const float* values, const TargetWindow& window, int y, int count) {
  const float white = window.scale();
  switch (window.type) {
    case SampleType::kUint8:
      return storeRounded(values, rowOf<std::uint8_t>(window, y), window.pixelStride, count, white);
    case SampleType::kUint16:
      return storeRounded(values, rowOf<std::uint16_t>(window, y), window.pixelStride, count, white);
    case SampleType::kFloat32: {
      float* out = rowOf<float>(window, y);
      for (int x = 0; x < count; ++x) out[x * window.pixelStride] = values[x] * white;
      return;
    }
  }
}

}  // namespace perifocal
