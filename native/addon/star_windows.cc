// Windows of star frames, cut out and mixed in on the event loop: they are small. lib/native/stars.ts explains every
// field.
#include "addon/addon.h"
#include "addon/convert.h"
#include "addon/windows.h"
#include "stars/window_pixels.h"

namespace perifocal::addon {

Napi::Value cutWindow(const Napi::CallbackInfo& info) {
  const auto size = info[1].As<Napi::Object>();
  float* out = info[2].As<Napi::Float32Array>().Data();
  return Napi::Number::New(info.Env(), perifocal::cutWindow(windowOf<const void>(info[0].As<Napi::Object>()),
                                                            intOf(size, "width"), intOf(size, "height"), out));
}

Napi::Value pasteWindow(const Napi::CallbackInfo& info) {
  const auto restored = info[1].As<Napi::Object>();
  const auto floats = [&](const char* key) { return restored.Get(key).As<Napi::Float32Array>(); };
  const auto number = [&](const char* key) { return restored.Get(key).As<Napi::Number>().DoubleValue(); };
  const auto columns = floats("columns"), rows = floats("rows");
  const std::int64_t clipped = perifocal::pasteWindow({.light = floats("light").Data(),
                                                       .width = static_cast<int>(columns.ElementLength()),
                                                       .height = static_cast<int>(rows.ElementLength()),
                                                       .level = number("level"),
                                                       .scale = number("scale"),
                                                       .columns = columns.Data(),
                                                       .rows = rows.Data()},
                                                      windowOf<void>(info[0].As<Napi::Object>()));
  return Napi::Number::New(info.Env(), static_cast<double>(clipped));
}

}  // namespace perifocal::addon
