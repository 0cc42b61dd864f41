// The network's edge: frame samples to network input, residuals to restored samples. Pixel tables express flips,
// transposition, column panels and reflected padding, so that this is the only code that touches frames.
#pragma once

#include <cstddef>
#include <cstdint>

namespace perifocal {

/// Pass pixel (r, c) is frame pixel rows[r] + columns[c].
struct PixelMap {
  const std::uint32_t* rows;
  std::size_t rowCount;
  const std::uint32_t* columns;
  std::size_t columnCount;
};

/// Residual rows of one strip, interleaved RGB; `firstColumn` is the column that `columns[0]` speaks of.
struct ResidualStrip {
  const std::int16_t* values;
  std::size_t width;
  std::size_t firstColumn;
};

/// Fills rowCount x columnCount x 3 bytes. 1 or 2 samples per pixel are grey (and alpha), 3 or 4 RGB (and alpha);
/// 16-bit samples are rounded to 8 bits. T is std::uint8_t or std::uint16_t.
template <class T>
void gatherRows(const T* source, int channels, const PixelMap& map, std::uint8_t* out);

/// Adds residuals to sums, three per frame pixel.
void accumulateRows(const ResidualStrip& residual, const PixelMap& map, std::int16_t* sums);

/// One frame, before and after.
template <class T>
struct FrameSamples {
  const T* source;
  T* output;
  int channels;
};

/// Writes source + mean residual of `passes` passes, rounded once to nearest even and clamped once
/// (docs/model-format.md). `sums` holds the earlier passes, or is null. Grey takes the mean of three; alpha is copied.
template <class T>
void composeRows(const ResidualStrip& residual, const PixelMap& map, const std::int16_t* sums, int passes,
                 const FrameSamples<T>& frame);

}  // namespace perifocal
