// What tells the noise and the blur of an image.
#include <utility>

#include "addon/addon.h"
#include "addon/call_task.h"
#include "addon/windows.h"
#include "estimation/noise.h"
#include "estimation/periodogram.h"
#include "estimation/scene_fit.h"

namespace perifocal::addon {
namespace {

/// The object that an array belongs to must be kept alive.
const double* doublesOf(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::Float64Array>().Data();
}

std::vector<double> copyDoubles(const Napi::Object& object, const char* key) {
  const auto array = object.Get(key).As<Napi::Float64Array>();
  return {array.Data(), array.Data() + array.ElementLength()};
}

OpticsKind opticsKindOf(const std::string& name) {
  if (name == "gaussian") return OpticsKind::kGaussian;
  if (name == "disk") return OpticsKind::kDisk;
  if (name == "softDisk") return OpticsKind::kSoftDisk;
  return name == "motion" ? OpticsKind::kMotion : OpticsKind::kMovedDisk;
}

Frequencies frequenciesOf(const Napi::Object& object) {
  return {.count = object.Get("rho").As<Napi::Float64Array>().ElementLength(),
          .rho = doublesOf(object, "rho"),
          .x = doublesOf(object, "x"),
          .y = doublesOf(object, "y"),
          .reach = numberOf(object, "reach")};
}

SceneModel sceneModelOf(const Napi::Object& object) {
  const auto low = object.Get("low").As<Napi::Uint32Array>();
  SceneModel model{.at = frequenciesOf(object.Get("at").As<Napi::Object>()),
                   .logPower = doublesOf(object, "logPower"),
                   .terms = doublesOf(object, "terms"),
                   .coefficients = {},
                   .sceneCount = intOf(object, "sceneCount"),
                   .low = low.Data(),
                   .lowCount = low.ElementLength(),
                   .huber = numberOf(object, "huber")};
  const auto coefficients = object.Get("coefficients").As<Napi::Array>();
  for (std::uint32_t i = 0; i < coefficients.Length(); ++i) {
    const auto coefficient = coefficients.Get(i).As<Napi::Object>();
    model.coefficients.push_back({numberOf(coefficient, "expected"), numberOf(coefficient, "weight")});
  }
  return model;
}

}  // namespace

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
                             .mostClipped = numberOf(object, "mostClipped")};
  const FftKernels& kernels = *isaNamed(info.Env(), info[1].As<Napi::String>()).fft;
  auto found = std::make_shared<Periodogram>();
  const auto compute = [=, &kernels, request = std::move(request)] {
    return perifocal::measurePeriodogram(request, kernels, *found);
  };
  const auto convert = [found](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("power", toArray(env, found->power));
    result.Set("blocks", found->blocks);
    return result;
  };
  return (new CallTask(info.Env(), {window.Get("samples")}, compute, convert))->start();
}

Napi::Value logPower(const Napi::CallbackInfo& info) {
  const auto at = info[2].As<Napi::Object>();
  const auto values = info[1].As<Napi::Float64Array>();
  const Frequencies frequencies = frequenciesOf(at);
  auto found = Napi::Float64Array::New(info.Env(), frequencies.count);
  perifocal::logPower(opticsKindOf(info[0].As<Napi::String>()), values.Data(), frequencies, found.Data());
  return found;
}

Napi::Value fitScene(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>(), model = object.Get("model").As<Napi::Object>();
  SceneFitRequest request{.model = sceneModelOf(model),
                          .kind = opticsKindOf(textOf(object, "kind")),
                          .optics = copyDoubles(object, "optics"),
                          .near = copyDoubles(object, "near"),
                          .isChain = object.Get("isChain").ToBoolean().Value(),
                          .isFree = object.Get("isFree").ToBoolean().Value(),
                          .iterations = intOf(object, "iterations")};
  auto found = std::make_shared<SceneFits>();
  const auto compute = [found, request = std::move(request)] {
    *found = perifocal::fitScene(request);
    return Status();
  };
  const auto convert = [found](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("costs", toArray(env, found->costs));
    result.Set("coefficients", toArray(env, found->coefficients));
    result.Set("optics", toArray(env, found->optics));
    return result;
  };
  return (new CallTask(info.Env(), {model}, compute, convert))->start();
}

}  // namespace perifocal::addon
