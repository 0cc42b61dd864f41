// Star frames: sky, peaks, fits, trails and windows. lib/runtime/native/stars.ts explains every field.
#include <algorithm>
#include <cmath>
#include <utility>

#include "addon/arguments.h"
#include "addon/module.h"
#include "addon/pool.h"
#include "addon/results.h"
#include "addon/solver_shape.h"
#include "addon/task.h"
#include "addon/windows.h"
#include "stars/fit.h"
#include "stars/matched_filter.h"
#include "stars/sky.h"
#include "stars/trail_fit.h"
#include "stars/window_pixels.h"
#include "stars/window_solver.h"

namespace perifocal::addon {
namespace {

PartSize sizeOf(const Napi::Object& object) { return {intOf(object, "width"), intOf(object, "height")}; }
std::size_t areaOf(PartSize size) { return static_cast<std::size_t>(size.width) * size.height; }

/// Even where none is given.
NoiseMap noiseOf(const Napi::Object& plane) {
  if (!plane.Has("noise")) return {};
  const Napi::Object noise = objectOf(plane, "noise");
  const int columns = intOf(noise, "columns"), rows = intOf(noise, "rows");
  if (columns < 1 || rows < 1) throw toError(plane.Env(), {StatusCode::kInternal, "a map of noise has no size"});
  return {arrayOf<float>(noise, "parts", areaOf({columns, rows})).data(), columns, rows};
}

StarPlane planeOf(const Napi::Object& object) {
  const PartSize size = sizeOf(object);
  return {arrayOf<float>(object, "data", areaOf(size)).data(),
          arrayOf<std::uint8_t>(object, "invalid", areaOf(size)).data(), size.width, size.height, noiseOf(object)};
}

/// What keeps a plane alive.
std::vector<Napi::Value> arraysOf(const Napi::Object& plane) {
  std::vector<Napi::Value> held{plane.Get("data"), plane.Get("invalid")};
  if (plane.Has("noise")) held.push_back(objectOf(plane, "noise").Get("parts"));
  return held;
}

ProfileKind profileKindOf(const Napi::Object& profile) {
  return wordOf<ProfileKind>(
      profile.Get("kind"), "kind of profile",
      {{"streak", ProfileKind::kStreak}, {"disk", ProfileKind::kDisk}, {"round", ProfileKind::kRound}});
}

ProfileShape profileShapeOf(const Napi::Object& profile) {
  const Napi::Array numbers = listOf(profile, "shape");
  ProfileShape shape{};
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(numbers.Length(), kMostShape); ++i) {
    shape[i] = numbers.Get(i).As<Napi::Number>().DoubleValue();
  }
  return shape;
}

template <class Item, int kFields>
std::vector<Item> itemsOf(const Napi::Object& object, const char* key) {
  const std::span<const double> numbers = arrayOf<double>(object, key);
  std::vector<Item> items;
  for (std::size_t i = 0; i + kFields <= numbers.size(); i += kFields) {
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
                                 star.chi2, star.misfit, star.saturated ? 1.0 : 0.0});
  }
  return fields;
}

Napi::Value measureSky(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "request"), brightness = objectOf(object, "brightness"),
                     colours = objectOf(object, "colours");
  const PartSize size = sizeOf(object);
  const int colourCount = intOf(object, "colourCount");
  const SkyRequest request{.brightness = windowOf<const void>(brightness, size),
                           .colours = windowOf<const void>(colours, size, colourCount),
                           .colourCount = colourCount,
                           .width = size.width,
                           .height = size.height,
                           .saturation = numberOf(object, "saturation"),
                           .count = numberOf(object, "count"),
                           .widestStar = numberOf(object, "widestStar")};
  const int threads = threadsOf(object);
  float* plane = asArray<float>(info[1], "data", areaOf(size)).data();
  std::uint8_t* invalid = asArray<std::uint8_t>(info[2], "invalid", areaOf(size)).data();
  auto sky = std::make_shared<Sky>();
  const auto compute = [=](Ticket& ticket) {
    Team team(threads, &ticket);
    *sky = perifocal::measureSky(request, team, plane, invalid);
    return team.status();
  };
  const auto convert = [sky](Napi::Env env) {
    Napi::Object noise = toObject(env, {{"columns", sky->columns}, {"rows", sky->rows}});
    auto parts = Napi::Float32Array::New(env, sky->noise.size());
    std::copy(sky->noise.begin(), sky->noise.end(), parts.Data());
    noise.Set("parts", parts);
    Napi::Object result = toObject(env, {{"sigma", sky->sigma}, {"level", sky->level}});
    result.Set("noise", noise);
    return result;
  };
  return start(info.Env(), ticketOf(info, 3),
               {{brightness.Get("samples"), colours.Get("samples"), info[1], info[2]}, compute, convert, nullptr});
}

/// What a search for peaks has found.
struct PeakFindings : FoundPeaks {
  double energy = 0, top = 0;

  Napi::Object toObject(Napi::Env env) const {
    auto pixels = Napi::Uint32Array::New(env, peaks.size());
    auto responses = Napi::Float32Array::New(env, peaks.size());
    for (std::size_t i = 0; i < peaks.size(); ++i) {
      pixels[i] = peaks[i].pixel;
      responses[i] = peaks[i].response;
    }
    Napi::Object result = addon::toObject(env, {{"energy", energy}, {"top", top}, {"spread", spread}});
    result.Set("pixels", pixels);
    result.Set("responses", responses);
    return result;
  }
};

Napi::Value findPeaks(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "request"), profile = objectOf(object, "profile");
  const RegisteredIsa& isa = isaNamed(info[1]);
  const StarPlane plane = planeOf(object);
  const ProfileKind kind = profileKindOf(profile);
  const ProfileShape shape = profileShapeOf(profile);
  const double limit = numberOf(object, "limit"), sigma = numberOf(object, "sigma");
  const int threads = threadsOf(object);
  auto found = std::make_shared<PeakFindings>();
  const auto compute = [=, &isa](Ticket& ticket) {
    Team team(threads, &ticket);
    FilterRequest request{plane, drawProfile(*createProfile(kind, shape, *isa.stars)), 0, 0};
    found->energy = request.profile.energy;
    found->top = request.profile.peak();
    request.limit = limit * std::sqrt(found->energy);
    request.sigma = sigma * std::sqrt(found->energy);
    return perifocal::findPeaks(request, *isa.fft, *isa.deconvolution, team, *found);
  };
  const auto convert = [found](Napi::Env env) { return found->toObject(env); };
  return start(info.Env(), ticketOf(info, 2), {arraysOf(object), compute, convert, nullptr});
}

FitRequest fitRequestOf(const Napi::Object& object) {
  const Napi::Object profile = objectOf(object, "profile");
  FitRequest request{.plane = planeOf(object),
                     .starts = itemsOf<StarStart, 3>(object, "starts"),
                     .first = intOf(object, "first"),
                     .count = intOf(object, "count"),
                     .kind = profileKindOf(profile),
                     .shape = profileShapeOf(profile),
                     .noise = {numberOf(object, "sky"), numberOf(object, "perFlux"), numberOf(object, "misfit")},
                     .isFree = flagOf(object, "isFree")};
  if (request.first < 0 || request.count < 0) throw toError(object.Env(), {StatusCode::kInternal, "negative stars"});
  const std::size_t stars = static_cast<std::size_t>(request.first) + request.count;
  requireCount(object.Env(), "starts", 3 * request.starts.size(), 3 * stars);
  return request;
}

Napi::Value fitStars(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "request");
  const StarKernels& kernels = *isaNamed(info[1]).stars;
  const int threads = threadsOf(object);
  auto fit = std::make_shared<FitResult>();
  const auto compute = [=, &kernels, request = fitRequestOf(object)](Ticket& ticket) {
    Team team(threads, &ticket);
    *fit = perifocal::fitStars(request, kernels, team);
    return team.status();
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
  return start(info.Env(), ticketOf(info, 2), {arraysOf(object), compute, convert, nullptr});
}

Napi::Value fitTrail(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "request"), mask = objectOf(object, "mask");
  const RegisteredIsa& isa = isaNamed(info[1]);
  const double angle = numberOf(mask, "angle");
  CorrelationRequest request{planeOf(object),
                             itemsOf<WindowCentre, 2>(object, "centres"),
                             intOf(object, "side"),
                             {numberOf(mask, "length"), std::cos(angle), std::sin(angle), numberOf(mask, "margin")}};
  const double longest = numberOf(object, "longest");
  const int threads = threadsOf(object);
  auto fit = std::make_shared<TrailFit>();
  const auto compute = [=, &isa, request = std::move(request)](Ticket& ticket) {
    Team team(threads, &ticket);
    Autocorrelation correlation(request.side);
    const Status status = correlateWindows(request, *isa.fft, team, correlation);
    if (!status.ok()) return status;
    *fit = perifocal::fitTrail(correlation, longest, *isa.stars, team);
    return team.status();
  };
  const auto convert = [fit](Napi::Env env) {
    return toObject(env, {{"length", fit->length},
                          {"angle", fit->angle},
                          {"sigma", fit->sigma},
                          {"misfit", fit->misfit},
                          {"lengthSigma", fit->lengthSigma},
                          {"angleSigma", fit->angleSigma}});
  };
  return start(info.Env(), ticketOf(info, 2), {arraysOf(object), compute, convert, nullptr});
}

/// One of several kernels.
WindowPsf windowPsfOf(const Napi::Object& object) {
  const PartSize size = sizeOf(object);
  return {arrayOf<double>(object, "data", areaOf(size)).data(), (size.width - 1) / 2, (size.height - 1) / 2,
          flagOf(object, "symmetric")};
}

/// Adds what keeps the kernels alive to `held`.
std::vector<WindowPsf> windowPsfsOf(const Napi::Object& request, std::vector<Napi::Value>& held) {
  std::vector<WindowPsf> psfs;
  const Napi::Array list = listOf(request, "psfs");
  for (std::uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Object psf = asObject(list.Get(i), "psf");
    psfs.push_back(windowPsfOf(psf));
    held.push_back(psf.Get("data"));
  }
  return psfs;
}

std::vector<StarWindow> starWindowsOf(const Napi::Object& request, std::size_t psfs) {
  std::vector<StarWindow> windows;
  const std::span<const std::int32_t> numbers = arrayOf<std::int32_t>(request, "windows");
  for (std::size_t i = 0; i + 5 <= numbers.size(); i += 5) {
    windows.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4] != 0});
    const StarWindow& window = windows.back();
    const bool isPossible =
        window.width > 0 && window.height > 0 && window.psf >= 0 && static_cast<std::size_t>(window.psf) < psfs;
    if (!isPossible) throw toError(request.Env(), {StatusCode::kInternal, "a window has no size or no kernel"});
  }
  return windows;
}

Napi::Value solveWindows(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "request");
  const RegisteredIsa& isa = isaNamed(info[1]);
  std::vector<Napi::Value> held{object.Get("values")};
  WindowRequest request{.shape = solverShapeOf(objectOf(object, "shape")),
                        .settings = solverSettingsOf(objectOf(object, "settings")),
                        .psfs = windowPsfsOf(object, held),
                        .windows = {},
                        .values = nullptr,
                        .scale = numberOf(object, "scale"),
                        .pedestal = numberOf(object, "pedestal")};
  request.windows = starWindowsOf(object, request.psfs.size());
  std::size_t values = 0;
  for (const StarWindow& window : request.windows) values += areaOf({window.width, window.height});
  request.values = arrayOf<float>(object, "values", values).data();
  const int threads = threadsOf(object);
  auto levels = std::make_shared<std::vector<double>>(request.windows.size());
  const auto compute = [=, &isa, request = std::move(request)](Ticket& ticket) {
    Team team(threads, &ticket);
    return perifocal::solveWindows(request, *isa.fft, *isa.deconvolution, team, levels->data());
  };
  const auto convert = [levels](Napi::Env env) { return toArray(env, *levels); };
  return start(info.Env(), ticketOf(info, 2), {std::move(held), compute, convert, nullptr});
}

/// On the event loop, as is pasteWindow: windows are small.
Napi::Value cutWindow(const Napi::CallbackInfo& info) {
  const PartSize size = sizeOf(asObject(info[1], "size"));
  const SourceWindow window = windowOf<const void>(asObject(info[0], "window"), size);
  float* out = asArray<float>(info[2], "out", areaOf(size)).data();
  return Napi::Number::New(info.Env(), perifocal::cutWindow(window, size.width, size.height, out));
}

Napi::Value pasteWindow(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[1], "restored");
  const std::span<const float> columns = arrayOf<float>(object, "columns"), rows = arrayOf<float>(object, "rows");
  const PartSize size{static_cast<int>(columns.size()), static_cast<int>(rows.size())};
  const RestoredWindow restored{.light = arrayOf<float>(object, "light", areaOf(size)).data(),
                                .width = size.width,
                                .height = size.height,
                                .level = numberOf(object, "level"),
                                .scale = numberOf(object, "scale"),
                                .columns = columns.data(),
                                .rows = rows.data()};
  const std::int64_t clipped = perifocal::pasteWindow(restored, windowOf<void>(asObject(info[0], "window"), size));
  return Napi::Number::New(info.Env(), static_cast<double>(clipped));
}

}  // namespace

void addStars(Napi::Object& exports) {
  addFunction<measureSky>(exports, "measureSky");
  addFunction<findPeaks>(exports, "findPeaks");
  addFunction<fitStars>(exports, "fitStars");
  addFunction<fitTrail>(exports, "fitTrail");
  addFunction<solveWindows>(exports, "solveWindows");
  addFunction<cutWindow>(exports, "cutWindow");
  addFunction<pasteWindow>(exports, "pasteWindow");
}

}  // namespace perifocal::addon
