// What tells the noise and the blur of an image.
#include <algorithm>
#include <utility>

#include "addon/addon.h"
#include "addon/call_task.h"
#include "addon/windows.h"
#include "estimation/noise.h"
#include "estimation/periodogram.h"

namespace perifocal::addon {

Napi::Value estimateNoise(const Napi::CallbackInfo& info) {
  const auto request = info[0].As<Napi::Object>();
  const auto window = request.Get("window").As<Napi::Object>();
  const NoiseRequest noise{.window = windowOf<const void>(window),
                           .width = intOf(request, "width"),
                           .height = intOf(request, "height"),
                           .left = intOf(window, "left"),
                           .top = intOf(window, "top"),
                           .saturation = request.Get("saturation").As<Napi::Number>().FloatValue(),
                           .jpeg = request.Get("jpeg").ToBoolean().Value(),
                           .useMedian = textOf(request, "form") == "median"};
  auto estimate = std::make_shared<NoiseEstimate>();
  const auto compute = [=] {
    *estimate = perifocal::estimateNoise(noise);
    return Status();
  };
  const auto convert = [estimate](Napi::Env env) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("sigma", estimate->sigma);
    object.Set("pixels", static_cast<double>(estimate->pixels));
    return object;
  };
  return (new CallTask(info.Env(), {window.Get("samples")}, compute, convert))->start();
}

Napi::Value measurePeriodogram(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  const auto window = object.Get("window").As<Napi::Object>();
  const auto corners = object.Get("corners").As<Napi::Uint32Array>();
  PeriodogramRequest request{.window = windowOf<const void>(window),
                             .side = intOf(object, "side"),
                             .corners = {corners.Data(), corners.Data() + corners.ElementLength()},
                             .mostClipped = object.Get("mostClipped").As<Napi::Number>().DoubleValue()};
  const FftKernels& kernels = *isaNamed(info.Env(), info[1].As<Napi::String>()).fft;
  auto found = std::make_shared<Periodogram>();
  const auto compute = [=, &kernels, request = std::move(request)] {
    return perifocal::measurePeriodogram(request, kernels, *found);
  };
  const auto convert = [found](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    auto power = Napi::Float64Array::New(env, found->power.size());
    std::copy(found->power.begin(), found->power.end(), power.Data());
    result.Set("power", power);
    result.Set("blocks", found->blocks);
    return result;
  };
  return (new CallTask(info.Env(), {window.Get("samples")}, compute, convert))->start();
}

}  // namespace perifocal::addon
