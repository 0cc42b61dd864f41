#include "image/pixels.h"

#include <algorithm>
#include <limits>
#include <type_traits>

namespace perifocal {
namespace {

constexpr double kLevels = 255;  // of a byte of the network's input
constexpr double kSteps = 4080;  // of the residual, from black to white

/// To nearest, ties to even, for |value| < 2^51; nearbyint is a call where SSE4.1 may not be used.
double roundToEven(double value) {
  constexpr double kUnitsOnly = 6755399441055744.0;  // 1.5 * 2^52: doubles around it have no fractions
  return (value + kUnitsOnly) - kUnitsOnly;
}

/// Black for what is no number.
template <class T>
std::uint8_t toByte(T sample, double white) {
  const double level = kLevels * sample / white;
  return static_cast<std::uint8_t>(level > 0 ? roundToEven(std::min(level, kLevels)) : 0);
}

/// Copies bytes whose white is 255.
struct Copy {
  std::uint8_t operator()(std::uint8_t sample) const { return sample; }
};

template <class T>
struct Scale {
  double white;
  std::uint8_t operator()(T sample) const { return toByte(sample, white); }
};

template <class T, class Convert>
void gather(const T* source, const BandGroup& group, const PixelMap& map, std::uint8_t* out, Convert convert) {
  const auto [red, green, blue] = group.members;
  for (std::size_t r = 0; r < map.rowCount; ++r) {
    for (std::size_t c = 0; c < map.columnCount; ++c, out += 3) {
      const T* pixel = source + (static_cast<std::size_t>(map.rows[r]) + map.columns[c]) * group.channels;
      out[0] = convert(pixel[red]);
      out[1] = group.grey ? out[0] : convert(pixel[green]);
      out[2] = group.grey ? out[0] : convert(pixel[blue]);
    }
  }
}

/// A residual of steps / divisor, in units of samples.
struct Residual {
  std::int32_t steps;
  double divisor;
};

/// Products are exact for whites that are whole: 4 passes x 3 channels x 8191 x 65535 < 2^53.
template <class T>
T restored(T sample, Residual residual, double white) {
  const double change = residual.steps * white / residual.divisor;
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(sample + change);
  } else {
    // An 8-bit sample takes part in the rounding, so that ties fall alike on both sides of it.
    const double value = sizeof(T) == 1 ? roundToEven(sample + change) : sample + roundToEven(change);
    return static_cast<T>(std::clamp<double>(value, 0, std::numeric_limits<T>::max()));
  }
}

/// The residual of each channel, or the mean of those that share theirs.
void shareResiduals(std::uint8_t shared, const std::int32_t (&total)[3], double divisor, Residual (&out)[3]) {
  constexpr std::uint8_t kWith[3][3] = {
      {0, kRedGreen, kRedBlue}, {kRedGreen, 0, kGreenBlue}, {kRedBlue, kGreenBlue, 0}};
  for (int k = 0; k < 3; ++k) {
    std::int32_t sum = total[k];
    int count = 1;
    for (int other = 0; other < 3; ++other) {
      if ((shared & kWith[k][other]) == 0) continue;
      sum += total[other];
      ++count;
    }
    out[k] = {sum, divisor * count};
  }
}

}  // namespace

template <class T>
void gatherRows(const T* source, const BandGroup& group, const PixelMap& map, std::uint8_t* out) {
  if constexpr (sizeof(T) == 1) {
    if (group.white == kLevels) return gather(source, group, map, out, Copy{});
  }
  gather(source, group, map, out, Scale<T>{group.white});
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
                 const std::uint8_t* shared, const BandGroup& group, const FrameSamples<T>& frame) {
  const double divisor = kSteps * passes;
  const int grey = group.members[0];
  for (std::size_t r = 0; r < map.rowCount; ++r) {
    const std::size_t first = r * residual.width + residual.firstColumn;
    const std::int16_t* in = residual.values + first * 3;
    for (std::size_t c = 0; c < map.columnCount; ++c, in += 3) {
      const std::size_t index = static_cast<std::size_t>(map.rows[r]) + map.columns[c];
      std::int32_t total[3] = {in[0], in[1], in[2]};
      for (int k = 0; sums != nullptr && k < 3; ++k) total[k] += sums[index * 3 + k];
      const T* from = frame.source + index * group.channels;
      T* to = frame.output + index * group.channels;
      if (group.grey) {
        to[grey] = restored(from[grey], {total[0] + total[1] + total[2], 3 * divisor}, group.white);
        continue;
      }
      Residual shares[3];
      shareResiduals(shared == nullptr ? 0 : shared[first + c], total, divisor, shares);
      for (int k = 0; k < 3; ++k) {
        const int channel = group.members[k];
        to[channel] = restored(from[channel], shares[k], group.white);
      }
    }
  }
}

template void gatherRows(const std::uint8_t*, const BandGroup&, const PixelMap&, std::uint8_t*);
template void gatherRows(const std::uint16_t*, const BandGroup&, const PixelMap&, std::uint8_t*);
template void gatherRows(const float*, const BandGroup&, const PixelMap&, std::uint8_t*);
template void composeRows(const ResidualStrip&, const PixelMap&, const std::int16_t*, int, const std::uint8_t*,
                          const BandGroup&, const FrameSamples<std::uint8_t>&);
template void composeRows(const ResidualStrip&, const PixelMap&, const std::int16_t*, int, const std::uint8_t*,
                          const BandGroup&, const FrameSamples<std::uint16_t>&);
template void composeRows(const ResidualStrip&, const PixelMap&, const std::int16_t*, int, const std::uint8_t*,
                          const BandGroup&, const FrameSamples<float>&);

}  // namespace perifocal
