#include "addon/addon.h"

#include <algorithm>
#include <map>
#include <tuple>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "addon/convert.h"
#include "runtime/cpu.h"
#include "streaming/memory_plan.h"
#include "streaming/pipeline.h"
#include "streaming/split.h"

namespace perifocal::addon {
namespace {

Napi::Value cpu(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const CpuFeatures& f = cpuFeatures();
  const std::pair<const char*, bool> known[] = {{"avx2", f.avx2},       {"avxvnni", f.avxVnni},
                                                {"avx512", f.avx512},   {"avx512vnni", f.avx512Vnni},
                                                {"dotprod", f.dotprod}, {"i8mm", f.i8mm}};
  Napi::Array features = Napi::Array::New(env);
  for (const auto& [name, present] : known) {
    if (present) features.Set(features.Length(), name);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", cpuName());
  object.Set("features", features);
  return object;
}

Napi::Value isas(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  Napi::Array list = Napi::Array::New(env);
  for (const RegisteredIsa& isa : registeredIsas()) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", isa.kernels->name);
    object.Set("description", isa.kernels->description);
    object.Set("supported", isa.supported);
    object.Set("winograd", isa.kernels->layout.hasWinograd());
    list.Set(list.Length(), object);
  }
  return list;
}

Napi::Array buffersOf(Napi::Env env, const MemoryPlan& plan) {
  Napi::Array list = Napi::Array::New(env);
  for (const PlannedBuffer& buffer : plan.buffers) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", buffer.name);
    object.Set("rowBytes", static_cast<double>(buffer.rowBytes));
    object.Set("rows", buffer.rows);
    object.Set("bytes", static_cast<double>(buffer.rowBytes) * buffer.rows);
    list.Set(list.Length(), object);
  }
  return list;
}

/// The graph with its layers' algorithms: one byte a layer, not 0 where Winograd sums it.
Graph graphOf(const Napi::Object& shape, const Napi::Uint8Array& winogradLayers) {
  Graph graph = buildGraph(networkShapeOf(shape));
  const std::size_t count = std::min(graph.layers.size(), winogradLayers.ElementLength());
  for (std::size_t i = 0; i < count; ++i) graph.layers[i].winograd = winogradLayers[i] != 0;
  return graph;
}

}  // namespace

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  auto* data = new InstanceData;
  data->modelClass = Napi::Persistent(ModelHandle::define(env));
  data->engineClass = Napi::Persistent(defineEngine(env));
  data->solverClass = Napi::Persistent(defineSolver(env));
  data->fftClass = Napi::Persistent(defineFft(env));
  env.SetInstanceData(data);
  exports.Set("version", PERIFOCAL_VERSION);
  exports.Set("cpu", Napi::Function::New(env, cpu));
  exports.Set("isas", Napi::Function::New(env, isas));
  exports.Set("loadModel", Napi::Function::New(env, loadModel));
  exports.Set("convolutionsOf", Napi::Function::New(env, convolutionsOf));
  exports.Set("planPass", Napi::Function::New(env, planPass));
  exports.Set("createEngine", Napi::Function::New(env, createEngine));
  exports.Set("trimHeap", Napi::Function::New(env, trimHeap));
  exports.Set("gatherRows", Napi::Function::New(env, gatherRows));
  exports.Set("accumulateRows", Napi::Function::New(env, accumulateRows));
  exports.Set("composeRows", Napi::Function::New(env, composeRows));
  exports.Set("planFft", Napi::Function::New(env, planFft));
  exports.Set("createFft", Napi::Function::New(env, createFft));
  exports.Set("goodFftSize", Napi::Function::New(env, goodFftSize));
  exports.Set("measurePeak", Napi::Function::New(env, measurePeak));
  exports.Set("benchmarkConvolution", Napi::Function::New(env, benchmarkConvolution));
  exports.Set("planSolver", Napi::Function::New(env, planSolver));
  exports.Set("createSolver", Napi::Function::New(env, createSolver));
  exports.Set("estimateNoise", Napi::Function::New(env, estimateNoise));
  exports.Set("measurePeriodogram", Napi::Function::New(env, measurePeriodogram));
  exports.Set("logPower", Napi::Function::New(env, logPower));
  exports.Set("fitScene", Napi::Function::New(env, fitScene));
  exports.Set("storePlane", Napi::Function::New(env, storePlane));
  exports.Set("benchmarkShrinkage", Napi::Function::New(env, benchmarkShrinkage));
  exports.Set("hasOnlyFinite", Napi::Function::New(env, hasOnlyFinite));
  exports.Set("squaredError", Napi::Function::New(env, squaredError));
  exports.Set("measureSimilarity", Napi::Function::New(env, measureSimilarity));
  exports.Set("measureBlocks", Napi::Function::New(env, measureBlocks));
  exports.Set("measureScene", Napi::Function::New(env, measureScene));
  exports.Set("measureEdges", Napi::Function::New(env, measureEdges));
  exports.Set("compareWater", Napi::Function::New(env, compareWater));
  exports.Set("measureSky", Napi::Function::New(env, measureSky));
  exports.Set("findPeaks", Napi::Function::New(env, findPeaks));
  exports.Set("fitStars", Napi::Function::New(env, fitStars));
  exports.Set("fitTrail", Napi::Function::New(env, fitTrail));
  exports.Set("solveWindows", Napi::Function::New(env, solveWindows));
  exports.Set("cutWindow", Napi::Function::New(env, cutWindow));
  exports.Set("pasteWindow", Napi::Function::New(env, pasteWindow));
  return exports;
}

/// Gives freed heap back to the system: the allocator keeps a decoder's buffers per thread otherwise.
Napi::Value trimHeap(const Napi::CallbackInfo& info) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  return info.Env().Undefined();
}

/// Layers that Winograd can sum, gathered by shape and by what sums them.
Napi::Value convolutionsOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::map<std::tuple<int, int, bool>, int> counts;
  for (const LayerSpec& layer : graphOf(info[0].As<Napi::Object>(), info[1].As<Napi::Uint8Array>()).layers) {
    if (layer.suitsWinograd()) ++counts[{layer.sources[0], layer.out, layer.winograd}];
  }
  Napi::Array list = Napi::Array::New(env);
  for (const auto& [key, layers] : counts) {
    const auto& [inputs, outputs, winograd] = key;
    Napi::Object object = Napi::Object::New(env);
    object.Set("inputs", inputs);
    object.Set("outputs", outputs);
    object.Set("layers", layers);
    object.Set("algorithm", winograd ? "winograd" : "direct");
    list.Set(list.Length(), object);
  }
  return list;
}

Napi::Value planPass(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Graph graph = graphOf(info[0].As<Napi::Object>(), info[3].As<Napi::Uint8Array>());
  const PassShape pass = passShapeOf(info[1].As<Napi::Object>());
  const RegisteredIsa* isa = findIsa(info[2].As<Napi::String>().Utf8Value());
  if (isa == nullptr) throw toError(env, {StatusCode::kIsaUnavailable, "unknown instruction set"});
  const KernelLayout& layout = isa->kernels->layout;
  const MemoryPlan plan = planMemory(graph, pass, layout);
  Napi::Object object = Napi::Object::New(env);
  object.Set("arenaBytes", static_cast<double>(plan.arenaBytes));
  object.Set("transformedBytes", static_cast<double>(plan.transformedBytes));
  object.Set("residualBytes", static_cast<double>(residualSamples(pass) * sizeof(std::int16_t)));
  object.Set("buffers", buffersOf(env, plan));
  object.Set("weightBytes", static_cast<double>(packedModelBytes(graph, layout)));
  object.Set("delayRows", plan.delayRows);
  object.Set("macs", static_cast<double>(macsOf(graph, pass.width, pass.height)));
  object.Set("imbalance", splitImbalance(graph, pass, layout.tilePixels));
  return object;
}

}  // namespace perifocal::addon

static Napi::Object start(Napi::Env env, Napi::Object exports) { return perifocal::addon::initialise(env, exports); }

NODE_API_MODULE(perifocal, start)
