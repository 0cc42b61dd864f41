// What tells the noise and the blur of an image.
#include <algorithm>
#include <utility>

#include "addon/arguments.h"
#include "addon/module.h"
#include "addon/pool.h"
#include "addon/results.h"
#include "addon/task.h"
#include "addon/windows.h"
#include "estimation/noise.h"
#include "estimation/periodogram.h"
#include "estimation/scene_fit.h"

namespace perifocal::addon {
namespace {

OpticsKind opticsKindOf(const Napi::Value& name) {
  return wordOf<OpticsKind>(name, "kind of optics",
                            {{"gaussian", OpticsKind::kGaussian},
                             {"disk", OpticsKind::kDisk},
                             {"softDisk", OpticsKind::kSoftDisk},
                             {"motion", OpticsKind::kMotion},
                             {"movedDisk", OpticsKind::kMovedDisk}});
}

/// Places of a spectrum; motion alone asks for the directions.
Frequencies frequenciesOf(const Napi::Object& object, OpticsKind kind) {
  const std::span<const double> rho = arrayOf<double>(object, "rho");
  const bool isMotion = kind == OpticsKind::kMotion || kind == OpticsKind::kMovedDisk;
  const std::size_t directions = isMotion ? rho.size() : 0;
  return {.count = rho.size(),
          .rho = rho.data(),
          .x = arrayOf<double>(object, "x", directions).data(),
          .y = arrayOf<double>(object, "y", directions).data(),
          .reach = numberOf(object, "reach")};
}

std::vector<Coefficient> coefficientsOf(const Napi::Object& object) {
  std::vector<Coefficient> coefficients;
  const Napi::Array list = listOf(object, "coefficients");
  for (std::uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Object coefficient = asObject(list.Get(i), "coefficient");
    coefficients.push_back({numberOf(coefficient, "expected"), numberOf(coefficient, "weight")});
  }
  return coefficients;
}

SceneModel sceneModelOf(const Napi::Object& object, OpticsKind kind) {
  const Frequencies at = frequenciesOf(objectOf(object, "at"), kind);
  std::vector<Coefficient> coefficients = coefficientsOf(object);
  const int sceneCount = intOf(object, "sceneCount");
  if (sceneCount < 2 || static_cast<std::size_t>(sceneCount) >= coefficients.size()) {
    throw toError(object.Env(), {StatusCode::kInternal, "a scene has too few coefficients"});
  }
  const std::span<const std::uint32_t> low = arrayOf<std::uint32_t>(object, "low");
  const double* terms = arrayOf<double>(object, "terms", at.count * coefficients.size()).data();
  return {.at = at,
          .logPower = arrayOf<double>(object, "logPower", at.count).data(),
          .terms = terms,
          .coefficients = std::move(coefficients),
          .sceneCount = sceneCount,
          .low = low.data(),
          .lowCount = low.size(),
          .huber = numberOf(object, "huber")};
}

Napi::Value estimateNoise(const Napi::CallbackInfo& info) {
  const Napi::Object request = asObject(info[0], "request"), window = objectOf(request, "window");
  const PartSize size{intOf(request, "width"), intOf(request, "height")};
  const NoiseRequest noise{.window = windowOf<const void>(window, size),
                           .width = size.width,
                           .height = size.height,
                           .left = intOf(window, "left"),
                           .top = intOf(window, "top"),
                           .saturation = floatOf(request, "saturation"),
                           .jpeg = flagOf(request, "jpeg"),
                           .useMedian = wordOf<bool>(request.Get("form"), "form", {{"median", true}, {"mean", false}})};
  auto estimate = std::make_shared<NoiseEstimate>();
  const auto compute = [=](Ticket& ticket) {
    const Team team(1, &ticket);
    *estimate = perifocal::estimateNoise(noise, team);
    return team.status();
  };
  const auto convert = [estimate](Napi::Env env) {
    return toObject(env, {{"sigma", estimate->sigma}, {"pixels", static_cast<double>(estimate->pixels)}});
  };
  return start(info.Env(), ticketOf(info, 1), {{window.Get("samples")}, compute, convert, nullptr});
}

/// Left and top of blocks in turn, all of which lie in the window.
std::vector<std::uint32_t> cornersOf(const Napi::Object& object) {
  const std::span<const std::uint32_t> corners = arrayOf<std::uint32_t>(object, "corners");
  return {corners.begin(), corners.end()};
}

/// What all blocks together reach.
PartSize reachOf(const std::vector<std::uint32_t>& corners, int side) {
  PartSize reach{0, 0};
  for (std::size_t i = 0; i + 1 < corners.size(); i += 2) {
    reach.width = std::max(reach.width, static_cast<int>(corners[i]) + side);
    reach.height = std::max(reach.height, static_cast<int>(corners[i + 1]) + side);
  }
  return reach;
}

Napi::Value measurePeriodogram(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "request"), window = objectOf(object, "window");
  PeriodogramRequest request{.window = {},
                             .side = intOf(object, "side"),
                             .corners = cornersOf(object),
                             .mostClipped = numberOf(object, "mostClipped")};
  request.window = windowOf<const void>(window, reachOf(request.corners, request.side));
  const FftKernels& kernels = *isaNamed(info[1]).fft;
  auto found = std::make_shared<Periodogram>();
  const auto compute = [=, &kernels, request = std::move(request)](Ticket& ticket) {
    return perifocal::measurePeriodogram(request, kernels, Team(1, &ticket), *found);
  };
  const auto convert = [found](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("power", toArray(env, found->power));
    result.Set("blocks", found->blocks);
    return result;
  };
  return start(info.Env(), ticketOf(info, 2), {{window.Get("samples")}, compute, convert, nullptr});
}

Napi::Value logPower(const Napi::CallbackInfo& info) {
  const OpticsKind kind = opticsKindOf(info[0]);
  const std::span<const double> values = asArray<double>(info[1], "values", opticsCount(kind));
  const Frequencies frequencies = frequenciesOf(asObject(info[2], "at"), kind);
  auto found = Napi::Float64Array::New(info.Env(), frequencies.count);
  perifocal::logPower(kind, values.data(), frequencies, found.Data());
  return found;
}

/// What keeps the arrays of a model alive.
std::vector<Napi::Value> arraysOf(const Napi::Object& model) {
  const Napi::Object at = objectOf(model, "at");
  return {at.Get("rho"), at.Get("x"), at.Get("y"), model.Get("logPower"), model.Get("terms"), model.Get("low")};
}

Napi::Value fitScene(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "request"), model = objectOf(object, "model");
  const OpticsKind kind = opticsKindOf(object.Get("kind"));
  SceneFitRequest request{.model = sceneModelOf(model, kind),
                          .kind = kind,
                          .optics = doublesOf(object, "optics"),
                          .near = doublesOf(object, "near"),
                          .isChain = flagOf(object, "isChain"),
                          .isFree = flagOf(object, "isFree"),
                          .iterations = intOf(object, "iterations")};
  if (!request.near.empty()) {
    requireCount(info.Env(), "near", request.near.size(), request.model.coefficients.size());
  }
  auto found = std::make_shared<SceneFits>();
  const auto compute = [found, request = std::move(request)](Ticket& ticket) {
    const Team team(1, &ticket);
    *found = perifocal::fitScene(request, team);
    return team.status();
  };
  const auto convert = [found](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("costs", toArray(env, found->costs));
    result.Set("coefficients", toArray(env, found->coefficients));
    result.Set("optics", toArray(env, found->optics));
    return result;
  };
  return start(info.Env(), ticketOf(info, 1), {arraysOf(model), compute, convert, nullptr});
}

}  // namespace

void addEstimation(Napi::Object& exports) {
  addFunction<estimateNoise>(exports, "estimateNoise");
  addFunction<measurePeriodogram>(exports, "measurePeriodogram");
  addFunction<logPower>(exports, "logPower");
  addFunction<fitScene>(exports, "fitScene");
}

}  // namespace perifocal::addon
