// One channel of a part of an interleaved frame: how it lies in memory, and its rows.
#pragma once

#include <cstddef>
#include <cstdint>

namespace perifocal {

enum class SampleType { kUint8, kUint16, kFloat32 };

constexpr std::size_t sampleBytes(SampleType type) {
  return type == SampleType::kUint8 ? 1 : type == SampleType::kUint16 ? 2 : 4;
}
/// The largest sample; of floats, 1.
constexpr float fullScale(SampleType type) {
  return type == SampleType::kUint8 ? 255.0f : type == SampleType::kUint16 ? 65535.0f : 1.0f;
}

/// One channel of a part of an interleaved frame. T is const void or void.
template <class T>
struct SampleWindow {
  T* first = nullptr;  ///< its sample of the part's first pixel
  SampleType type = SampleType::kUint8;
  std::ptrdiff_t pixelStride = 1;  ///< samples
  std::ptrdiff_t rowStride = 0;    ///< samples
  float white = 0;                 ///< a sample of 1.0; 0: the type's full scale

  float scale() const { return white > 0 ? white : fullScale(type); }
};
using SourceWindow = SampleWindow<const void>;
using TargetWindow = SampleWindow<void>;

/// A byte a pixel, 0: left out; kClipped and kAtLeast: left out, too. Null: all count.
struct ValidMask {
  static constexpr std::uint8_t kClipped = 2;
  static constexpr std::uint8_t kAtLeast = 3;  ///< the sample is the least that its light may be

  const std::uint8_t* first = nullptr;
  std::ptrdiff_t rowStride = 0;

  static bool counts(std::uint8_t state) { return state != 0 && state != kClipped && state != kAtLeast; }
};

/// The same channel from a later pixel on.
SourceWindow partOf(const SourceWindow& window, int left, int top);

/// Samples of row y of a window, side by side. `out` has the window's type.
void copyRow(const SourceWindow& window, int y, int count, void* out);

/// Row y in units of the window's white, side by side.
void readRow(const SourceWindow& window, int y, int count, float* out);

/// Writes row y: values in units of the window's white. Integers are rounded to nearest and clamped to their type.
void storeRow(const float* values, const TargetWindow& window, int y, int count);

}  // namespace perifocal
