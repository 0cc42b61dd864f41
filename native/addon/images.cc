#include "addon/addon.h"
#include "addon/convert.h"
#include "image/pixels.h"

namespace perifocal::addon {
namespace {

PixelMap mapOf(const Napi::Object& object) {
  const auto rows = object.Get("rowPixels").As<Napi::Uint32Array>();
  const auto columns = object.Get("colPixels").As<Napi::Uint32Array>();
  return {rows.Data(), rows.ElementLength(), columns.Data(), columns.ElementLength()};
}

ResidualStrip stripOf(const Napi::Object& request) {
  return {request.Get("residual").As<Napi::Int16Array>().Data(),
          static_cast<std::size_t>(intOf(request, "residualWidth")),
          static_cast<std::size_t>(intOf(request, "firstColumn"))};
}

bool is16Bit(const Napi::Value& samples) {
  return samples.As<Napi::TypedArray>().TypedArrayType() == napi_uint16_array;
}

template <class T>
T* samplesOf(const Napi::Value& value) {
  return value.As<Napi::TypedArrayOf<T>>().Data();
}

template <class T>
void compose(const Napi::Object& request) {
  const Napi::Value sums = request.Get("sums");
  const std::int16_t* earlier = sums.IsNull() ? nullptr : sums.As<Napi::Int16Array>().Data();
  composeRows<T>(
      stripOf(request), mapOf(request.Get("map").As<Napi::Object>()), earlier, intOf(request, "passes"),
      {samplesOf<T>(request.Get("source")), samplesOf<T>(request.Get("output")), intOf(request, "channels")});
}

}  // namespace

Napi::Value gatherRows(const Napi::CallbackInfo& info) {
  const int channels = info[1].As<Napi::Number>();
  const PixelMap map = mapOf(info[2].As<Napi::Object>());
  std::uint8_t* out = info[3].As<Napi::Uint8Array>().Data();
  if (is16Bit(info[0])) {
    gatherRows(samplesOf<std::uint16_t>(info[0]), channels, map, out);
  } else {
    gatherRows(samplesOf<std::uint8_t>(info[0]), channels, map, out);
  }
  return info.Env().Undefined();
}

Napi::Value accumulateRows(const Napi::CallbackInfo& info) {
  const auto request = info[0].As<Napi::Object>();
  accumulateRows(stripOf(request), mapOf(request.Get("map").As<Napi::Object>()), info[1].As<Napi::Int16Array>().Data());
  return info.Env().Undefined();
}

Napi::Value composeRows(const Napi::CallbackInfo& info) {
  const auto request = info[0].As<Napi::Object>();
  if (is16Bit(request.Get("source"))) {
    compose<std::uint16_t>(request);
  } else {
    compose<std::uint8_t>(request);
  }
  return info.Env().Undefined();
}

}  // namespace perifocal::addon
