// Whole interleaved frames.
#pragma once

#include <cstddef>

#include "image/sample_window.h"

namespace perifocal {

/// Samples of 1 to 4 channels; a second or fourth is alpha.
struct FrameView {
  const std::byte* samples = nullptr;
  SampleType type = SampleType::kUint8;
  int width = 0, height = 0, channels = 1;

  int colours() const { return channels < 3 ? 1 : 3; }
  /// The first sample of a pixel.
  const std::byte* pixel(int x, int y) const {
    const std::ptrdiff_t index = (static_cast<std::ptrdiff_t>(y) * width + x) * channels;
    return samples + index * static_cast<std::ptrdiff_t>(sampleBytes(type));
  }
};

/// What a plane is made of: the luminance, or a channel by its number.
inline constexpr int kLuminance = -1;

}  // namespace perifocal
