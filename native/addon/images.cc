// Rows of frames to network rows and back, on the event loop.
#include "image/pixels.h"

#include "addon/arguments.h"
#include "addon/network.h"
#include "addon/pixel_tables.h"

namespace perifocal::addon {
namespace {

ResidualStrip stripOf(const Napi::Object& request, const PixelTables& map) {
  const auto width = static_cast<std::size_t>(intOf(request, "residualWidth"));
  const auto first = static_cast<std::size_t>(intOf(request, "firstColumn"));
  requireCount(request.Env(), "residual row", width, first + map.columns.size());
  return {arrayOf<std::int16_t>(request, "residual", map.rows.size() * width * 3).data(), width, first};
}

napi_typedarray_type typeOf(const Napi::Value& samples) { return rawArrayOf(samples, "samples").type; }

/// The channels of `object`, one or three; throws INTERNAL where the frame has not so many.
BandGroup groupOf(const Napi::Object& object) {
  const int channels = intOf(object, "channels");
  const Napi::Array members = listOf(object, "group");
  const bool grey = members.Length() == 1;
  BandGroup group{channels, {}, grey, numberOf(object, "white")};
  bool isRight = grey || members.Length() == 3;
  for (std::uint32_t k = 0; isRight && k < 3; ++k) {
    group.members[k] = intOf(members.Get(grey ? 0 : k));
    isRight = group.members[k] >= 0 && group.members[k] < channels;
  }
  if (isRight) return group;
  throw toError(object.Env(),
                {StatusCode::kInternal, "a group is not 1 or 3 of " + std::to_string(channels) + " channels"});
}

template <class T>
void gather(const Napi::CallbackInfo& info) {
  const BandGroup group = groupOf(asObject(info[1], "bands"));
  const PixelTables map = pixelTablesOf(info[2]);
  const std::span<T> source = asArray<T>(info[0], "source", map.framePixels() * group.channels);
  gatherRows(source.data(), group, map.map(), asArray<std::uint8_t>(info[3], "out", map.pixels() * 3).data());
}

template <class T>
void compose(const Napi::Object& request) {
  const PixelTables map = pixelTablesOf(request.Get("map"));
  const BandGroup group = groupOf(objectOf(request, "bands"));
  const std::size_t samples = map.framePixels() * group.channels;
  const Napi::Value sums = request.Get("sums");
  const std::int16_t* earlier =
      sums.IsNull() ? nullptr : asArray<std::int16_t>(sums, "sums", map.framePixels() * 3).data();
  const ResidualStrip strip = stripOf(request, map);
  const Napi::Value shared = request.Get("shared");
  const std::uint8_t* bits =
      shared.IsNull() ? nullptr : asArray<std::uint8_t>(shared, "shared", map.rows.size() * strip.width).data();
  composeRows<T>(strip, map.map(), earlier, intOf(request, "passes"), bits, group,
                 {arrayOf<T>(request, "source", samples).data(), arrayOf<T>(request, "output", samples).data()});
}

/// Calls `work` with a value of the type of samples; what is no such array is refused as one of bytes.
template <class Work>
void forSamples(const Napi::Value& samples, Work work) {
  const napi_typedarray_type type = typeOf(samples);
  if (type == napi_uint16_array) return work(std::uint16_t{});
  if (type == napi_float32_array) return work(float{});
  work(std::uint8_t{});
}

}  // namespace

Napi::Value gatherRows(const Napi::CallbackInfo& info) {
  forSamples(info[0], [&](auto sample) { gather<decltype(sample)>(info); });
  return info.Env().Undefined();
}

Napi::Value accumulateRows(const Napi::CallbackInfo& info) {
  const Napi::Object request = asObject(info[0], "request");
  const PixelTables map = pixelTablesOf(request.Get("map"));
  const std::span<std::int16_t> sums = asArray<std::int16_t>(info[1], "sums", map.framePixels() * 3);
  perifocal::accumulateRows(stripOf(request, map), map.map(), sums.data());
  return info.Env().Undefined();
}

Napi::Value composeRows(const Napi::CallbackInfo& info) {
  const Napi::Object request = asObject(info[0], "request");
  forSamples(request.Get("source"), [&](auto sample) { compose<decltype(sample)>(request); });
  return info.Env().Undefined();
}

}  // namespace perifocal::addon
