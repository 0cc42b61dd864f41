// What the files of the network's room give to it.
#pragma once

#include <napi.h>

#include <memory>

#include "network/model.h"

namespace perifocal::addon {

Napi::Function defineModel(Napi::Env env);
Napi::Function definePipeline(Napi::Env env);

/// The packed weights behind a NativeModel. Throws STATE once it is disposed, INTERNAL where the value is none.
const std::shared_ptr<const Model>& modelOf(const Napi::Value& value);

Napi::Value loadModel(const Napi::CallbackInfo& info);
Napi::Value createPipeline(const Napi::CallbackInfo& info);
Napi::Value gatherRows(const Napi::CallbackInfo& info);
Napi::Value accumulateRows(const Napi::CallbackInfo& info);
Napi::Value composeRows(const Napi::CallbackInfo& info);

}  // namespace perifocal::addon
