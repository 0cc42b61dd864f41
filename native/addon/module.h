// The Node-API surface: what every room of the contract in lib/runtime/native/ adds to the module.
#pragma once

#include <napi.h>

#include "addon/errors.h"

namespace perifocal::addon {

/// Classes of one environment (main thread or worker); nothing is shared between environments.
struct InstanceData {
  Napi::FunctionReference poolClass;
  Napi::FunctionReference ticketClass;
  Napi::FunctionReference modelClass;
  Napi::FunctionReference pipelineClass;
  Napi::FunctionReference solverClass;
  Napi::FunctionReference fftClass;
  Napi::FunctionReference starIndexClass;
};

using Function = Napi::Value (*)(const Napi::CallbackInfo&);

/// A function as JavaScript calls it.
template <Function kFunction>
Napi::Value guarded(const Napi::CallbackInfo& info) {
  return guard(info.Env(), [&] { return kFunction(info); });
}

template <Function kFunction>
void addFunction(Napi::Object& exports, const char* name) {
  exports.Set(name, Napi::Function::New<guarded<kFunction>>(exports.Env(), name));
}

/// What all rooms export.
Napi::Object addAll(Napi::Env env, Napi::Object exports);

void addRuntime(Napi::Object& exports, InstanceData& data);
void addNetwork(Napi::Object& exports, InstanceData& data);
void addSolver(Napi::Object& exports, InstanceData& data);
void addDefects(Napi::Object& exports);
void addFft(Napi::Object& exports, InstanceData& data);
void addEstimation(Napi::Object& exports);
void addMetrics(Napi::Object& exports);
void addStars(Napi::Object& exports);
void addStarIndex(Napi::Object& exports, InstanceData& data);
void addSystem(Napi::Object& exports);
void addVideo(Napi::Object& exports);
void addDiagnostics(Napi::Object& exports);

}  // namespace perifocal::addon
