// Rows of frames to network rows and back, on the event loop.
#include "image/pixels.h"

#include <algorithm>

#include "addon/arguments.h"
#include "addon/network.h"

namespace perifocal::addon {
namespace {

std::size_t largestOf(std::span<const std::uint32_t> values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

/// The tables of a pass, and the frame pixels that they reach.
struct Map {
  std::span<const std::uint32_t> rows, columns;

  explicit Map(const Napi::Object& object)
      : rows(arrayOf<std::uint32_t>(object, "rowPixels")), columns(arrayOf<std::uint32_t>(object, "colPixels")) {}

  PixelMap map() const { return {rows.data(), rows.size(), columns.data(), columns.size()}; }
  std::size_t pixels() const { return rows.size() * columns.size(); }
  /// Pixels that a frame must have at least.
  std::size_t framePixels() const { return pixels() == 0 ? 0 : largestOf(rows) + largestOf(columns) + 1; }
};

Map mapOf(const Napi::Value& value) { return Map(asObject(value, "map")); }

ResidualStrip stripOf(const Napi::Object& request, const Map& map) {
  const auto width = static_cast<std::size_t>(intOf(request, "residualWidth"));
  const auto first = static_cast<std::size_t>(intOf(request, "firstColumn"));
  requireCount(request.Env(), "residual row", width, first + map.columns.size());
  return {arrayOf<std::int16_t>(request, "residual", map.rows.size() * width * 3).data(), width, first};
}

bool is16Bit(const Napi::Value& samples) {
  return samples.IsTypedArray() && samples.As<Napi::TypedArray>().TypedArrayType() == napi_uint16_array;
}

/// 1 to 4.
int channelsOf(const Napi::Value& value) {
  const int channels = intOf(value);
  if (channels >= 1 && channels <= 4) return channels;
  throw toError(value.Env(), {StatusCode::kInternal, std::to_string(channels) + " channels instead of 1 to 4"});
}

template <class T>
void gather(const Napi::CallbackInfo& info) {
  const int channels = channelsOf(info[1]);
  const Map map = mapOf(info[2]);
  const std::span<T> source = asArray<T>(info[0], "source", map.framePixels() * channels);
  gatherRows(source.data(), channels, map.map(), asArray<std::uint8_t>(info[3], "out", map.pixels() * 3).data());
}

template <class T>
void compose(const Napi::Object& request) {
  const Map map = mapOf(request.Get("map"));
  const int channels = channelsOf(request.Get("channels"));
  const std::size_t samples = map.framePixels() * channels;
  const Napi::Value sums = request.Get("sums");
  const std::int16_t* earlier =
      sums.IsNull() ? nullptr : asArray<std::int16_t>(sums, "sums", map.framePixels() * 3).data();
  composeRows<T>(
      stripOf(request, map), map.map(), earlier, intOf(request, "passes"),
      {arrayOf<T>(request, "source", samples).data(), arrayOf<T>(request, "output", samples).data(), channels});
}

}  // namespace

Napi::Value gatherRows(const Napi::CallbackInfo& info) {
  is16Bit(info[0]) ? gather<std::uint16_t>(info) : gather<std::uint8_t>(info);
  return info.Env().Undefined();
}

Napi::Value accumulateRows(const Napi::CallbackInfo& info) {
  const Napi::Object request = asObject(info[0], "request");
  const Map map = mapOf(request.Get("map"));
  const std::span<std::int16_t> sums = asArray<std::int16_t>(info[1], "sums", map.framePixels() * 3);
  perifocal::accumulateRows(stripOf(request, map), map.map(), sums.data());
  return info.Env().Undefined();
}

Napi::Value composeRows(const Napi::CallbackInfo& info) {
  const Napi::Object request = asObject(info[0], "request");
  is16Bit(request.Get("source")) ? compose<std::uint16_t>(request) : compose<std::uint8_t>(request);
  return info.Env().Undefined();
}

}  // namespace perifocal::addon
