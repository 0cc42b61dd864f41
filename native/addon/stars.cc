// Star frames: sky, peaks, fits and trails. lib/native/stars.ts explains every field.
#include <algorithm>
#include <cmath>
#include <utility>

#include "addon/addon.h"
#include "addon/call_task.h"
#include "addon/windows.h"
#include "stars/fit.h"
#include "stars/matched_filter.h"
#include "stars/sky.h"
#include "stars/trail_fit.h"
#include "stars/window_solver.h"

namespace perifocal::addon {
namespace {

StarPlane planeOf(const Napi::Object& object) {
  return {object.Get("data").As<Napi::Float32Array>().Data(), object.Get("invalid").As<Napi::Uint8Array>().Data(),
          intOf(object, "width"), intOf(object, "height")};
}

ProfileKind profileKindOf(const Napi::Object& profile) {
  return textOf(profile, "kind") == "disk" ? ProfileKind::kDisk : ProfileKind::kStreak;
}

ProfileShape profileShapeOf(const Napi::Object& profile) {
  const auto numbers = profile.Get("shape").As<Napi::Array>();
  ProfileShape shape{};
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(numbers.Length(), kMostShape); ++i) {
    shape[i] = numbers.Get(i).As<Napi::Number>().DoubleValue();
  }
  return shape;
}

template <class Item, int kFields>
std::vector<Item> itemsOf(const Napi::Object& object, const char* key) {
  const auto numbers = object.Get(key).As<Napi::Float64Array>();
  std::vector<Item> items;
  for (std::size_t i = 0; i + kFields <= numbers.ElementLength(); i += kFields) {
    if constexpr (kFields == 3) {
      items.push_back({numbers[i], numbers[i + 1], numbers[i + 2]});
    } else {
      items.push_back({numbers[i], numbers[i + 1]});
    }
  }
  return items;
}

std::vector<double> fieldsOf(const std::vector<FittedStar>& stars) {
  std::vector<double> fields;
  for (const FittedStar& star : stars) {
    const auto& [x, y, flux, background] = star.values;
    fields.insert(fields.end(), {x, y, flux, background, star.xx, star.yy, star.xy, star.bound, star.fluxSigma,
                                 star.chi2, star.saturated ? 1.0 : 0.0});
  }
  return fields;
}

}  // namespace

Napi::Value measureSky(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  const auto brightness = object.Get("brightness").As<Napi::Object>(),
             colours = object.Get("colours").As<Napi::Object>();
  const SkyRequest request{.brightness = windowOf<const void>(brightness),
                           .colours = windowOf<const void>(colours),
                           .colourCount = intOf(object, "colourCount"),
                           .width = intOf(object, "width"),
                           .height = intOf(object, "height"),
                           .saturation = numberOf(object, "saturation"),
                           .count = numberOf(object, "count")};
  const int threads = intOf(object, "threads");
  float* plane = info[1].As<Napi::Float32Array>().Data();
  std::uint8_t* invalid = info[2].As<Napi::Uint8Array>().Data();
  auto sky = std::make_shared<Sky>();
  const auto compute = [=] {
    ThreadPool pool(threads);
    *sky = perifocal::measureSky(request, pool, plane, invalid);
    return Status();
  };
  const auto convert = [sky](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("sigma", sky->sigma);
    result.Set("level", sky->level);
    return result;
  };
  return (new CallTask(info.Env(), {brightness.Get("samples"), colours.Get("samples"), info[1], info[2]}, compute,
                       convert))
      ->start();
}

Napi::Value findPeaks(const Napi::CallbackInfo& info) {
  struct Found {
    std::vector<Peak> peaks;
    double energy = 0, top = 0;
  };
  const auto object = info[0].As<Napi::Object>(), profile = object.Get("profile").As<Napi::Object>();
  const RegisteredIsa& isa = isaNamed(info.Env(), info[1].As<Napi::String>());
  const StarPlane plane = planeOf(object);
  const ProfileKind kind = profileKindOf(profile);
  const ProfileShape shape = profileShapeOf(profile);
  const double limit = numberOf(object, "limit");
  const int threads = intOf(object, "threads");
  auto found = std::make_shared<Found>();
  const auto compute = [=, &isa] {
    FilterRequest request{plane, drawProfile(*createProfile(kind, shape, *isa.stars)), 0, threads};
    found->energy = request.profile.energy;
    found->top = request.profile.peak();
    request.limit = limit * std::sqrt(found->energy);
    return perifocal::findPeaks(request, *isa.fft, *isa.deconvolution, found->peaks);
  };
  const auto convert = [found](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    const std::size_t count = found->peaks.size();
    auto pixels = Napi::Uint32Array::New(env, count);
    auto responses = Napi::Float32Array::New(env, count);
    for (std::size_t i = 0; i < count; ++i) {
      pixels[i] = found->peaks[i].pixel;
      responses[i] = found->peaks[i].response;
    }
    result.Set("pixels", pixels);
    result.Set("responses", responses);
    result.Set("energy", found->energy);
    result.Set("top", found->top);
    return result;
  };
  return (new CallTask(info.Env(), {object.Get("data"), object.Get("invalid")}, compute, convert))->start();
}

Napi::Value fitStars(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>(), profile = object.Get("profile").As<Napi::Object>();
  const StarKernels& kernels = *isaNamed(info.Env(), info[1].As<Napi::String>()).stars;
  FitRequest request{.plane = planeOf(object),
                     .starts = itemsOf<StarStart, 3>(object, "starts"),
                     .first = intOf(object, "first"),
                     .count = intOf(object, "count"),
                     .kind = profileKindOf(profile),
                     .shape = profileShapeOf(profile),
                     .noise = {numberOf(object, "sky"), numberOf(object, "perFlux"), numberOf(object, "misfit")},
                     .isFree = object.Get("isFree").ToBoolean().Value()};
  const int threads = intOf(object, "threads");
  auto fit = std::make_shared<FitResult>();
  const auto compute = [=, &kernels, request = std::move(request)] {
    ThreadPool pool(threads);
    *fit = perifocal::fitStars(request, kernels, pool);
    return Status();
  };
  const auto convert = [fit](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    const int shapes = fit->shapeCovariance.side;
    result.Set("stars", toArray(env, fieldsOf(fit->stars)));
    result.Set("shape", toArray(env, {fit->shape.begin(), fit->shape.end()}));
    const double* covariance = fit->shapeCovariance.entries;
    result.Set("shapeCovariance",
               fit->hasCovariance ? toArray(env, {covariance, covariance + shapes * shapes}) : Napi::Value(env.Null()));
    return result;
  };
  return (new CallTask(info.Env(), {object.Get("data"), object.Get("invalid")}, compute, convert))->start();
}

Napi::Value fitTrail(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>(), mask = object.Get("mask").As<Napi::Object>();
  const RegisteredIsa& isa = isaNamed(info.Env(), info[1].As<Napi::String>());
  const double angle = numberOf(mask, "angle");
  CorrelationRequest request{planeOf(object),
                             itemsOf<WindowCentre, 2>(object, "centres"),
                             intOf(object, "side"),
                             {numberOf(mask, "length"), std::cos(angle), std::sin(angle), numberOf(mask, "margin")}};
  const double longest = numberOf(object, "longest");
  const int threads = intOf(object, "threads");
  auto fit = std::make_shared<TrailFit>();
  const auto compute = [=, &isa, request = std::move(request)] {
    ThreadPool pool(threads);
    Autocorrelation correlation(request.side);
    const Status status = correlateWindows(request, *isa.fft, pool, correlation);
    if (status.ok()) *fit = perifocal::fitTrail(correlation, longest, *isa.stars, pool);
    return status;
  };
  const auto convert = [fit](Napi::Env env) {
    Napi::Object result = Napi::Object::New(env);
    result.Set("length", fit->length);
    result.Set("angle", fit->angle);
    result.Set("sigma", fit->sigma);
    result.Set("misfit", fit->misfit);
    result.Set("lengthSigma", fit->lengthSigma);
    result.Set("angleSigma", fit->angleSigma);
    return result;
  };
  return (new CallTask(info.Env(), {object.Get("data"), object.Get("invalid")}, compute, convert))->start();
}

Napi::Value solveWindows(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  const auto psfs = object.Get("psfs").As<Napi::Array>();
  const RegisteredIsa& isa = isaNamed(info.Env(), info[1].As<Napi::String>());
  WindowRequest request{.shape = solverShapeOf(object.Get("shape").As<Napi::Object>()),
                        .settings = solverSettingsOf(object.Get("settings").As<Napi::Object>()),
                        .psfs = {},
                        .windows = {},
                        .values = object.Get("values").As<Napi::Float32Array>().Data(),
                        .scale = numberOf(object, "scale"),
                        .pedestal = numberOf(object, "pedestal"),
                        .threads = intOf(object, "threads")};
  const auto numbers = object.Get("windows").As<Napi::Int32Array>();
  for (std::size_t i = 0; i + 5 <= numbers.ElementLength(); i += 5) {
    request.windows.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4] != 0});
  }
  // Arrays that are kept alive.
  Napi::Array held = Napi::Array::New(info.Env());
  held.Set(held.Length(), object.Get("values"));
  for (std::uint32_t i = 0; i < psfs.Length(); ++i) {
    const auto psf = psfs.Get(i).As<Napi::Object>();
    held.Set(held.Length(), psf.Get("data"));
    request.psfs.push_back({psf.Get("data").As<Napi::Float64Array>().Data(), (intOf(psf, "width") - 1) / 2,
                            (intOf(psf, "height") - 1) / 2, psf.Get("symmetric").ToBoolean().Value()});
  }
  auto levels = std::make_shared<std::vector<double>>(request.windows.size());
  const auto compute = [=, &isa, request = std::move(request)] {
    return perifocal::solveWindows(request, *isa.fft, *isa.deconvolution, levels->data());
  };
  const auto convert = [levels](Napi::Env env) { return toArray(env, *levels); };
  return (new CallTask(info.Env(), {held}, compute, convert))->start();
}

}  // namespace perifocal::addon
