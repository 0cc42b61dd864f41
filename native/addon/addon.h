// The Node-API surface, see lib/native/binding.ts for its contract. Arguments were checked in TypeScript.
#pragma once

#include <napi.h>

#include <memory>

#include "network/model.h"
#include "runtime/status.h"

namespace perifocal::addon {

/// Classes of one environment (main thread or worker); nothing is shared between environments.
struct InstanceData {
  Napi::FunctionReference modelClass;
  Napi::FunctionReference engineClass;
  Napi::FunctionReference solverClass;
  Napi::FunctionReference fftClass;
};

/// A packed model as JavaScript holds it. Engines share ownership.
class ModelHandle : public Napi::ObjectWrap<ModelHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ModelHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

  void adopt(std::shared_ptr<const Model> model);
  /// Null after `dispose`.
  const std::shared_ptr<const Model>& model() const { return model_; }
  void Finalize(Napi::Env env) override { release(env); }

 private:
  Napi::Value weightBytes(const Napi::CallbackInfo& info);
  Napi::Value isa(const Napi::CallbackInfo& info);
  Napi::Value winogradLayers(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info);
  void release(Napi::Env env);

  std::shared_ptr<const Model> model_;
};

Napi::Function defineEngine(Napi::Env env);
Napi::Function defineSolver(Napi::Env env);
Napi::Function defineFft(Napi::Env env);

Napi::Value loadModel(const Napi::CallbackInfo& info);
Napi::Value createEngine(const Napi::CallbackInfo& info);
Napi::Value convolutionsOf(const Napi::CallbackInfo& info);
Napi::Value planPass(const Napi::CallbackInfo& info);
Napi::Value trimHeap(const Napi::CallbackInfo& info);
Napi::Value gatherRows(const Napi::CallbackInfo& info);
Napi::Value accumulateRows(const Napi::CallbackInfo& info);
Napi::Value composeRows(const Napi::CallbackInfo& info);
Napi::Value planFft(const Napi::CallbackInfo& info);
Napi::Value createFft(const Napi::CallbackInfo& info);
Napi::Value goodFftSize(const Napi::CallbackInfo& info);
Napi::Value measurePeak(const Napi::CallbackInfo& info);
Napi::Value benchmarkConvolution(const Napi::CallbackInfo& info);
Napi::Value planSolver(const Napi::CallbackInfo& info);
Napi::Value createSolver(const Napi::CallbackInfo& info);
Napi::Value estimateNoise(const Napi::CallbackInfo& info);
Napi::Value measurePeriodogram(const Napi::CallbackInfo& info);
Napi::Value logPower(const Napi::CallbackInfo& info);
Napi::Value fitScene(const Napi::CallbackInfo& info);
Napi::Value storePlane(const Napi::CallbackInfo& info);
Napi::Value hasOnlyFinite(const Napi::CallbackInfo& info);
Napi::Value squaredError(const Napi::CallbackInfo& info);
Napi::Value measureSimilarity(const Napi::CallbackInfo& info);
Napi::Value measureBlocks(const Napi::CallbackInfo& info);
Napi::Value measureScene(const Napi::CallbackInfo& info);
Napi::Value measureEdges(const Napi::CallbackInfo& info);
Napi::Value compareWater(const Napi::CallbackInfo& info);
Napi::Value measureSky(const Napi::CallbackInfo& info);
Napi::Value findPeaks(const Napi::CallbackInfo& info);
Napi::Value fitStars(const Napi::CallbackInfo& info);
Napi::Value fitTrail(const Napi::CallbackInfo& info);
Napi::Value solveWindows(const Napi::CallbackInfo& info);
Napi::Value cutWindow(const Napi::CallbackInfo& info);
Napi::Value pasteWindow(const Napi::CallbackInfo& info);
Napi::Value benchmarkShrinkage(const Napi::CallbackInfo& info);

}  // namespace perifocal::addon
