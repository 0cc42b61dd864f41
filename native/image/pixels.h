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

/// Channels of a pixel that are to share the mean of their residuals, as bits.
enum Shared : std::uint8_t { kRedGreen = 1, kGreenBlue = 2, kRedBlue = 4 };

/// The channels of a frame that go through the network together, and the value of their white.
struct BandGroup {
  int channels;    ///< samples per pixel of the frame
  int members[3];  ///< red, green and blue; a grey one stands here three times
  bool grey;
  double white;
};

/// Fills rowCount x columnCount x 3 bytes: each sample is rounded to the nearest of 256 levels, of which 255 is white.
/// T is std::uint8_t, std::uint16_t or float.
template <class T>
void gatherRows(const T* source, const BandGroup& group, const PixelMap& map, std::uint8_t* out);

/// Adds residuals to sums, three per frame pixel.
void accumulateRows(const ResidualStrip& residual, const PixelMap& map, std::int16_t* sums);

/// Samples of a frame, before and after.
template <class T>
struct FrameSamples {
  const T* source;
  T* output;
};

/// Writes source + mean residual of `passes` passes for the channels of a group, rounded once to nearest even and
/// clamped once to the type; floats are neither (docs/model-format.md). `sums` holds the earlier passes, or is null.
/// `shared` has bits of `Shared` for each pixel of the strip, or is null.
template <class T>
void composeRows(const ResidualStrip& residual, const PixelMap& map, const std::int16_t* sums, int passes,
                 const std::uint8_t* shared, const BandGroup& group, const FrameSamples<T>& frame);

}  // namespace perifocal
