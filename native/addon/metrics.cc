// Image-quality metrics, each one call off the event loop; lib/runtime/native/metrics.ts explains them.
#include <utility>

#include "addon/arguments.h"
#include "addon/module.h"
#include "addon/pool.h"
#include "addon/results.h"
#include "addon/task.h"
#include "addon/windows.h"
#include "metrics/edges.h"
#include "metrics/scene_statistics.h"
#include "metrics/similarity.h"
#include "metrics/water.h"

namespace perifocal::addon {
namespace {

/// What computes a metric: the machine's part of a request, and the ticket.
struct Machine {
  Machine(const Napi::CallbackInfo& callback, std::size_t index) : info(callback) {
    const Napi::Object object = asObject(info[index], "machine");
    kernels = isaNamed(object.Get("isa")).metrics;
    threads = threadsOf(object);
    ticket = ticketOf(info, index + 1);
  }

  const Napi::CallbackInfo& info;
  const MetricKernels* kernels;
  int threads;
  std::shared_ptr<Ticket> ticket;
};

/// Runs `measure(kernels, team)` off the event loop, and resolves with what `convert` makes of what it returns.
template <class Measure, class Convert>
Napi::Value measureLater(const Machine& machine, std::vector<Napi::Value> held, Measure measure, Convert convert) {
  using Result = decltype(measure(*machine.kernels, std::declval<Team&>()));
  auto result = std::make_shared<Result>();
  const auto compute = [=, kernels = machine.kernels, threads = machine.threads](Ticket& ticket) {
    Team team(threads, &ticket);
    *result = measure(*kernels, team);
    return team.status();
  };
  const auto finish = [=](Napi::Env env) -> Napi::Value { return convert(env, *result); };
  return start(machine.info.Env(), machine.ticket, {std::move(held), compute, finish, nullptr});
}

Napi::Value toNumber(Napi::Env env, double value) { return Napi::Number::New(env, value); }

/// Two frames that are compared pixel by pixel.
struct Pair {
  Pair(const Napi::Value& first, const Napi::Value& second)
      : a(frameOf(asObject(first, "frame"))),
        b(frameOf(asObject(second, "frame"))),
        held{first.As<Napi::Object>().Get("data"), second.As<Napi::Object>().Get("data")} {
    if (a.width == b.width && a.height == b.height && a.colours() == b.colours()) return;
    throw toError(first.Env(), {StatusCode::kInternal, "two frames of different kinds are compared"});
  }

  FrameView a, b;
  std::vector<Napi::Value> held;
};

/// What says which places count, one byte each; none: all do.
struct Mask {
  Mask(const Napi::Object& options, const char* key, int width, int height) {
    const Napi::Value value = options.Get(key);
    if (value.IsUndefined()) return;
    const std::size_t count = width > 0 && height > 0 ? static_cast<std::size_t>(width) * height : 0;
    places = {asArray<std::uint8_t>(value, key, count).data(), width};
    held = {value};
  }

  PlaceMask places;
  std::vector<Napi::Value> held;
};

std::vector<Napi::Value> joined(std::vector<Napi::Value> held, const std::vector<Napi::Value>& more) {
  held.insert(held.end(), more.begin(), more.end());
  return held;
}

/// Throws INTERNAL unless a channel is one of the frame's.
int channelOf(const Napi::Object& object, const char* key, const FrameView& frame, int least) {
  const int channel = intOf(object, key);
  if (channel >= least && channel < frame.channels) return channel;
  throw toError(object.Env(), {StatusCode::kInternal, "a frame has no channel " + std::to_string(channel)});
}

Napi::Value squaredError(const Napi::CallbackInfo& info) {
  const Pair pair(info[0], info[1]);
  const Mask valid(asObject(info[2], "options"), "valid", pair.a.width, pair.a.height);
  const auto measure = [a = pair.a, b = pair.b, places = valid.places](const MetricKernels& kernels, Team& team) {
    return perifocal::squaredError(a, b, places, kernels, team);
  };
  return measureLater(Machine(info, 2), joined(pair.held, valid.held), measure, toNumber);
}

Napi::Value measureSimilarity(const Napi::CallbackInfo& info) {
  const Pair pair(info[0], info[1]);
  const Napi::Object options = asObject(info[2], "options");
  const PlaneScale scale{intOf(options, "pool"), intOf(options, "halvings")};
  const auto windowsAlong = [&](int pixels) { return scale.lengthOf(pixels) - 2 * kSimilarityRadius; };
  const Mask windows(options, "windows", windowsAlong(pair.a.width), windowsAlong(pair.a.height));
  const SimilarityRequest request{.a = pair.a,
                                  .b = pair.b,
                                  .component = channelOf(options, "component", pair.a, kLuminance),
                                  .scale = scale,
                                  .range = numberOf(options, "range"),
                                  .windows = windows.places};
  const auto measure = [=](const MetricKernels& kernels, Team& team) {
    return perifocal::measureSimilarity(request, kernels, team);
  };
  const auto convert = [](Napi::Env env, const Similarity& similarity) -> Napi::Value {
    return toObject(env, {{"ssim", similarity.ssim}, {"contrastStructure", similarity.contrastStructure}});
  };
  return measureLater(Machine(info, 2), joined(pair.held, windows.held), measure, convert);
}

Napi::Value measureBlocks(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "frame");
  const auto measure = [frame = frameOf(object)](const MetricKernels& kernels, Team& team) {
    return perifocal::measureBlocks(frame, kernels, team);
  };
  const auto convert = [](Napi::Env env, const BlockStatistics& found) -> Napi::Value {
    Napi::Object result = Napi::Object::New(env);
    result.Set("features", toArray(env, found.features));
    result.Set("sharpness", toArray(env, found.sharpness));
    return result;
  };
  return measureLater(Machine(info, 1), {object.Get("data")}, measure, convert);
}

Napi::Value measureScene(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "frame");
  const FrameView frame = frameOf(object);
  const Napi::Object options = asObject(info[1], "options");
  const Mask valid(options, "valid", frame.width, frame.height);
  const Mask halved(options, "halvedValid", (frame.width + 1) / 2, (frame.height + 1) / 2);
  const auto measure = [frame, mask = SceneMask{valid.places, halved.places}](const MetricKernels& kernels,
                                                                              Team& team) {
    return perifocal::measureScene(frame, mask, kernels, team);
  };
  const auto convert = [](Napi::Env env, const std::vector<double>& features) -> Napi::Value {
    return toArray(env, features);
  };
  return measureLater(Machine(info, 1), joined({object.Get("data")}, joined(valid.held, halved.held)), measure,
                      convert);
}

Napi::Value measureEdges(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "frame");
  const FrameView frame = frameOf(object);
  const Mask inner(asObject(info[1], "options"), "inner", frame.width - 2, frame.height - 2);
  const auto measure = [frame, places = inner.places](const MetricKernels& kernels, Team& team) {
    return perifocal::measureEdges(frame, places, kernels, team);
  };
  const auto convert = [](Napi::Env env, const EdgeStatistics& found) -> Napi::Value {
    Napi::Object result = Napi::Object::New(env);
    result.Set("sharpness", found.sharpness);
    result.Set("cells", toArray(env, found.cells));
    return result;
  };
  return measureLater(Machine(info, 1), joined({object.Get("data")}, inner.held), measure, convert);
}

Napi::Value compareWater(const Napi::CallbackInfo& info) {
  const Pair pair(info[0], info[1]);
  const Napi::Object options = asObject(info[2], "options");
  const Mask valid(options, "valid", pair.a.width, pair.a.height);
  const WaterRequest request{pair.a, pair.b, channelOf(options, "high", pair.a, 0),
                             channelOf(options, "low", pair.a, 0), valid.places};
  const auto measure = [=](const MetricKernels&, Team& team) { return perifocal::compareWater(request, team); };
  const auto convert = [](Napi::Env env, const WaterCounts& found) -> Napi::Value {
    return toObject(env, {{"threshold", found.threshold},
                          {"separability", found.separability},
                          {"both", static_cast<double>(found.both)},
                          {"onlyFrame", static_cast<double>(found.onlyFrame)},
                          {"onlyReference", static_cast<double>(found.onlyReference)},
                          {"neither", static_cast<double>(found.neither)}});
  };
  return measureLater(Machine(info, 2), joined(pair.held, valid.held), measure, convert);
}

}  // namespace

void addMetrics(Napi::Object& exports) {
  addFunction<squaredError>(exports, "squaredError");
  addFunction<measureSimilarity>(exports, "measureSimilarity");
  addFunction<measureBlocks>(exports, "measureBlocks");
  addFunction<measureScene>(exports, "measureScene");
  addFunction<measureEdges>(exports, "measureEdges");
  addFunction<compareWater>(exports, "compareWater");
}

}  // namespace perifocal::addon
