// JavaScript values to native ones and back.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "kernels/registry.h"
#include "network/layers.h"
#include "runtime/status.h"
#include "streaming/memory_plan.h"

namespace perifocal::addon {

/// An `Error` with the status's message and its name as `code`.
Napi::Error toError(Napi::Env env, const Status& status);

int intOf(const Napi::Object& object, const char* key);
double numberOf(const Napi::Object& object, const char* key);
std::string textOf(const Napi::Object& object, const char* key);
Napi::Float64Array toArray(Napi::Env env, const std::vector<double>& values);
NetworkShape networkShapeOf(const Napi::Object& object);
PassShape passShapeOf(const Napi::Object& object);

/// A supported instruction set of that name, or its kernels; throws ISA_UNAVAILABLE otherwise.
const RegisteredIsa& isaNamed(Napi::Env env, const std::string& name);
const Kernels& kernelsNamed(Napi::Env env, const std::string& name);

}  // namespace perifocal::addon
