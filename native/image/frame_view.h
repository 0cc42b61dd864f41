// Whole interleaved frames.
#pragma once

#include <cstddef>

#include "image/sample_window.h"

namespace perifocal {

/// Samples of 1 to 16 channels.
struct FrameView {
  const std::byte* samples = nullptr;
  SampleType type = SampleType::kUint8;
  int width = 0, height = 0, channels = 1;
  int bands = 0;    ///< channels that are not alpha, the first ones; 0: all but a second or a fourth
  float white = 0;  ///< a sample of 1.0; 0: the type's full scale

  int colours() const { return bands > 0 ? bands : channels < 3 ? 1 : channels == 4 ? 3 : channels; }
  float scale() const { return white > 0 ? white : fullScale(type); }
  /// The first sample of a pixel.
  const std::byte* pixel(int x, int y) const {
    const std::ptrdiff_t index = (static_cast<std::ptrdiff_t>(y) * width + x) * channels;
    return samples + index * static_cast<std::ptrdiff_t>(sampleBytes(type));
  }
};

/// What a plane is made of: the luminance, or a channel by its number.
inline constexpr int kLuminance = -1;

}  // namespace perifocal
