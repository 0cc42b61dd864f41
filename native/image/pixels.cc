#include "image/pixels.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace perifocal {
namespace {

constexpr int kStepsPerLevel = 16;  // residual steps of 1/4080 per 8-bit level
constexpr int kWiden = 257;         // 16-bit value of one 8-bit level

std::uint8_t toByte(std::uint8_t sample) { return sample; }

/// Nearest of sample / 257; a tie cannot happen because 257 is odd.
std::uint8_t toByte(std::uint16_t sample) { return static_cast<std::uint8_t>((sample + kWiden / 2) / kWiden); }

/// value / divisor, to nearest, ties to even.
std::int32_t divideToEven(std::int32_t value, std::int32_t divisor) {
  std::int32_t quotient = value / divisor, rest = value % divisor;
  if (rest < 0) {
    --quotient;
    rest += divisor;
  }
  const bool up = 2 * rest > divisor || (2 * rest == divisor && quotient % 2 != 0);
  return quotient + (up ? 1 : 0);
}

/// The same for a divisor of 2^shift, as colour has: several times faster.
std::int32_t shiftToEven(std::int32_t value, int shift) {
  const std::int32_t half = (1 << shift >> 1) - 1 + (value >> shift & 1);
  return (value + half) >> shift;
}

/// Residual sums fit 32 bits: 4 passes x 3 channels x 8191 x 257 < 2^25.
template <class T, class Divide>
T restored(T sample, std::int32_t residual, std::int32_t divisor, Divide divide) {
  std::int32_t value;
  if constexpr (sizeof(T) == 1) {
    value = divide(divisor * sample + residual);
  } else {
    value = sample + divide(kWiden * residual);
  }
  return static_cast<T>(std::clamp<std::int32_t>(value, 0, std::numeric_limits<T>::max()));
}

}  // namespace

template <class T>
void gatherRows(const T* source, int channels, const PixelMap& map, std::uint8_t* out) {
  const int second = channels >= 3 ? 1 : 0, third = channels >= 3 ? 2 : 0;
  for (std::size_t r = 0; r < map.rowCount; ++r) {
    for (std::size_t c = 0; c < map.columnCount; ++c, out += 3) {
      const T* pixel = source + (static_cast<std::size_t>(map.rows[r]) + map.columns[c]) * channels;
      out[0] = toByte(pixel[0]);
      out[1] = toByte(pixel[second]);
      out[2] = toByte(pixel[third]);
    }
  }
}

void accumulateRows(const ResidualStrip& residual, const PixelMap& map, std::int16_t* sums) {
  for (std::size_t r = 0; r < map.rowCount; ++r) {
    const std::int16_t* in = residual.values + (r * residual.width + residual.firstColumn) * 3;
    for (std::size_t c = 0; c < map.columnCount; ++c, in += 3) {
      std::int16_t* sum = sums + (static_cast<std::size_t>(map.rows[r]) + map.columns[c]) * 3;
      for (int k = 0; k < 3; ++k) sum[k] = static_cast<std::int16_t>(sum[k] + in[k]);
    }
  }
}

template <class T>
void composeRows(const ResidualStrip& residual, const PixelMap& map, const std::int16_t* sums, int passes,
                 const FrameSamples<T>& frame) {
  const bool grey = frame.channels < 3;
  const int shift = std::countr_zero(static_cast<unsigned>(kStepsPerLevel * passes));
  const std::int32_t divisor = kStepsPerLevel * passes * (grey ? 3 : 1);
  const auto byShift = [shift](std::int32_t value) { return shiftToEven(value, shift); };
  const auto byDivision = [divisor](std::int32_t value) { return divideToEven(value, divisor); };
  for (std::size_t r = 0; r < map.rowCount; ++r) {
    const std::int16_t* in = residual.values + (r * residual.width + residual.firstColumn) * 3;
    for (std::size_t c = 0; c < map.columnCount; ++c, in += 3) {
      const std::size_t index = static_cast<std::size_t>(map.rows[r]) + map.columns[c];
      std::int32_t total[3] = {in[0], in[1], in[2]};
      for (int k = 0; sums != nullptr && k < 3; ++k) total[k] += sums[index * 3 + k];
      const T* from = frame.source + index * frame.channels;
      T* to = frame.output + index * frame.channels;
      if (grey) {
        to[0] = restored(from[0], total[0] + total[1] + total[2], divisor, byDivision);
      } else {
        for (int k = 0; k < 3; ++k) to[k] = restored(from[k], total[k], divisor, byShift);
      }
      if (frame.channels % 2 == 0) to[frame.channels - 1] = from[frame.channels - 1];
    }
  }
}

template void gatherRows(const std::uint8_t*, int, const PixelMap&, std::uint8_t*);
template void gatherRows(const std::uint16_t*, int, const PixelMap&, std::uint8_t*);
template void composeRows(const ResidualStrip&, const PixelMap&, const std::int16_t*, int,
                          const FrameSamples<std::uint8_t>&);
template void composeRows(const ResidualStrip&, const PixelMap&, const std::int16_t*, int,
                          const FrameSamples<std::uint16_t>&);

}  // namespace perifocal
