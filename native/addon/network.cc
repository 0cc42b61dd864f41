// The network's room: plans of passes; models, pipelines and the rows of frames have files of their own.
#include "addon/network.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "addon/arguments.h"
#include "addon/module.h"
#include "streaming/memory_plan.h"
#include "streaming/pipeline.h"

namespace perifocal::addon {
namespace {

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
Graph graphOf(const Napi::Value& shape, const Napi::Value& winogradLayers) {
  Graph graph = buildGraph(networkShapeOf(asObject(shape, "shape")));
  const std::span<const std::uint8_t> flags = asArray<std::uint8_t>(winogradLayers, "winogradLayers");
  const std::size_t count = std::min(graph.layers.size(), flags.size());
  for (std::size_t i = 0; i < count; ++i) graph.layers[i].winograd = flags[i] != 0;
  return graph;
}

/// Layers that Winograd can sum, gathered by shape and by what sums them.
Napi::Value convolutionsOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  std::map<std::tuple<int, int, bool>, int> counts;
  for (const LayerSpec& layer : graphOf(info[0], info[1]).layers) {
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
  const Graph graph = graphOf(info[0], info[3]);
  const PassShape pass = passShapeOf(asObject(info[1], "pass"));
  const RegisteredIsa* isa = findIsa(info[2].ToString().Utf8Value());
  if (isa == nullptr) throw toError(env, {StatusCode::kIsaUnavailable, "unknown instruction set"});
  const KernelLayout& layout = isa->kernels->layout;
  const MemoryPlan plan = planMemory(graph, pass, layout);
  Napi::Object object = Napi::Object::New(env);
  object.Set("arenaBytes", static_cast<double>(plan.arenaBytes));
  object.Set("transformedBytes", static_cast<double>(plan.transformedBytes));
  object.Set("residualBytes", static_cast<double>(residualSamples(pass) * sizeof(std::int16_t)));
  object.Set("buffers", buffersOf(env, plan));
  object.Set("weightBytes", static_cast<double>(packedModelBytes(graph, layout, pass.integrity != Integrity::kOff)));
  object.Set("delayRows", plan.delayRows);
  object.Set("macs", static_cast<double>(macsOf(graph, pass.width, pass.height)));
  return object;
}

}  // namespace

void addNetwork(Napi::Object& exports, InstanceData& data) {
  data.modelClass = Napi::Persistent(defineModel(exports.Env()));
  data.pipelineClass = Napi::Persistent(definePipeline(exports.Env()));
  addFunction<loadModel>(exports, "loadModel");
  addFunction<convolutionsOf>(exports, "convolutionsOf");
  addFunction<planPass>(exports, "planPass");
  addFunction<createPipeline>(exports, "createPipeline");
  addFunction<gatherRows>(exports, "gatherRows");
  addFunction<accumulateRows>(exports, "accumulateRows");
  addFunction<composeRows>(exports, "composeRows");
}

}  // namespace perifocal::addon
