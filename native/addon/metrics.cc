// Image-quality metrics, each one call off the event loop; lib/native/metrics.ts explains them.
#include <cmath>

#include "addon/addon.h"
#include "addon/call_task.h"
#include "addon/windows.h"
#include "metrics/edges.h"
#include "metrics/scene_statistics.h"
#include "metrics/similarity.h"
#include "metrics/water.h"

namespace perifocal::addon {
namespace {

FrameView frameOf(const Napi::Object& object) {
  const auto samples = object.Get("data").As<Napi::TypedArray>();
  return {bytesOf(samples), sampleTypeOf(samples), intOf(object, "width"), intOf(object, "height"),
          intOf(object, "channels")};
}

/// The machine's part of a request: what computes, and on how many threads.
struct Machine {
  const MetricKernels* kernels;
  int threads;
};

Machine machineOf(Napi::Env env, const Napi::Object& object) {
  return {isaNamed(env, textOf(object, "isa")).metrics, intOf(object, "threads")};
}

/// Runs `measure(kernels, pool)` off the event loop, and resolves with what `convert` makes of what it returns.
template <class Measure, class Convert>
Napi::Value measureLater(Napi::Env env, Machine machine, std::initializer_list<Napi::Value> held, Measure measure,
                         Convert convert) {
  using Result = decltype(measure(*machine.kernels, std::declval<ThreadPool&>()));
  auto result = std::make_shared<Result>();
  const auto compute = [=] {
    ThreadPool pool(machine.threads);
    *result = measure(*machine.kernels, pool);
    return Status();
  };
  const auto finish = [=](Napi::Env env) -> Napi::Value { return convert(env, *result); };
  return (new CallTask(env, held, compute, finish))->start();
}

Napi::Value toNumber(Napi::Env env, double value) { return Napi::Number::New(env, value); }

}  // namespace

Napi::Value hasOnlyFinite(const Napi::CallbackInfo& info) {
  const auto samples = info[0].As<Napi::Float32Array>();
  const float* data = samples.Data();
  const std::size_t count = samples.ElementLength();
  auto isFinite = std::make_shared<bool>(true);
  const auto compute = [=] {
    *isFinite = std::all_of(data, data + count, [](float value) { return std::isfinite(value); });
    return Status();
  };
  const auto convert = [isFinite](Napi::Env env) -> Napi::Value { return Napi::Boolean::New(env, *isFinite); };
  return (new CallTask(info.Env(), {samples}, compute, convert))->start();
}

Napi::Value squaredError(const Napi::CallbackInfo& info) {
  const auto first = info[0].As<Napi::Object>(), second = info[1].As<Napi::Object>();
  const FrameView a = frameOf(first), b = frameOf(second);
  const auto measure = [=](const MetricKernels& kernels, ThreadPool& pool) {
    return perifocal::squaredError(a, b, kernels, pool);
  };
  return measureLater(info.Env(), machineOf(info.Env(), info[2].As<Napi::Object>()),
                      {first.Get("data"), second.Get("data")}, measure, toNumber);
}

Napi::Value measureSimilarity(const Napi::CallbackInfo& info) {
  const auto first = info[0].As<Napi::Object>(), second = info[1].As<Napi::Object>(),
             options = info[2].As<Napi::Object>();
  const SimilarityRequest request{.a = frameOf(first),
                                  .b = frameOf(second),
                                  .component = intOf(options, "component"),
                                  .scale = {intOf(options, "pool"), intOf(options, "halvings")},
                                  .range = numberOf(options, "range")};
  const auto measure = [=](const MetricKernels& kernels, ThreadPool& pool) {
    return perifocal::measureSimilarity(request, kernels, pool);
  };
  const auto convert = [](Napi::Env env, const Similarity& similarity) -> Napi::Value {
    Napi::Object object = Napi::Object::New(env);
    object.Set("ssim", similarity.ssim);
    object.Set("contrastStructure", similarity.contrastStructure);
    return object;
  };
  return measureLater(info.Env(), machineOf(info.Env(), options), {first.Get("data"), second.Get("data")}, measure,
                      convert);
}

Napi::Value measureBlocks(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  const FrameView frame = frameOf(object);
  const auto measure = [=](const MetricKernels& kernels, ThreadPool& pool) {
    return perifocal::measureBlocks(frame, kernels, pool);
  };
  const auto convert = [](Napi::Env env, const BlockStatistics& found) -> Napi::Value {
    Napi::Object result = Napi::Object::New(env);
    result.Set("features", toArray(env, found.features));
    result.Set("sharpness", toArray(env, found.sharpness));
    return result;
  };
  return measureLater(info.Env(), machineOf(info.Env(), info[1].As<Napi::Object>()), {object.Get("data")}, measure,
                      convert);
}

Napi::Value measureScene(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  const FrameView frame = frameOf(object);
  const auto measure = [=](const MetricKernels& kernels, ThreadPool& pool) {
    return perifocal::measureScene(frame, kernels, pool);
  };
  const auto convert = [](Napi::Env env, const std::vector<double>& features) -> Napi::Value {
    return toArray(env, features);
  };
  return measureLater(info.Env(), machineOf(info.Env(), info[1].As<Napi::Object>()), {object.Get("data")}, measure,
                      convert);
}

Napi::Value measureEdges(const Napi::CallbackInfo& info) {
  const auto object = info[0].As<Napi::Object>();
  const FrameView frame = frameOf(object);
  const auto measure = [=](const MetricKernels& kernels, ThreadPool& pool) {
    return perifocal::measureEdges(frame, kernels, pool);
  };
  const auto convert = [](Napi::Env env, const EdgeStatistics& found) -> Napi::Value {
    Napi::Object result = Napi::Object::New(env);
    result.Set("sharpness", found.sharpness);
    result.Set("cells", toArray(env, found.cells));
    return result;
  };
  return measureLater(info.Env(), machineOf(info.Env(), info[1].As<Napi::Object>()), {object.Get("data")}, measure,
                      convert);
}

Napi::Value compareWater(const Napi::CallbackInfo& info) {
  const auto first = info[0].As<Napi::Object>(), second = info[1].As<Napi::Object>(),
             options = info[2].As<Napi::Object>();
  const WaterRequest request{frameOf(first), frameOf(second), intOf(options, "high"), intOf(options, "low")};
  const auto measure = [=](const MetricKernels&, ThreadPool& pool) { return perifocal::compareWater(request, pool); };
  const auto convert = [](Napi::Env env, const WaterCounts& found) -> Napi::Value {
    const std::pair<const char*, double> fields[] = {{"threshold", found.threshold},
                                                     {"separability", found.separability},
                                                     {"both", static_cast<double>(found.both)},
                                                     {"onlyFrame", static_cast<double>(found.onlyFrame)},
                                                     {"onlyReference", static_cast<double>(found.onlyReference)},
                                                     {"neither", static_cast<double>(found.neither)}};
    Napi::Object result = Napi::Object::New(env);
    for (const auto& [name, value] : fields) result.Set(name, value);
    return result;
  };
  return measureLater(info.Env(), machineOf(info.Env(), options), {first.Get("data"), second.Get("data")}, measure,
                      convert);
}

}  // namespace perifocal::addon
