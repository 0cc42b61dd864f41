// Native values as JavaScript ones.
#pragma once

#include <napi.h>

#include <initializer_list>
#include <utility>
#include <vector>

namespace perifocal::addon {

Napi::Float64Array toArray(Napi::Env env, const std::vector<double>& values);
Napi::Object toObject(Napi::Env env, std::initializer_list<std::pair<const char*, double>> fields);
Napi::Value toUndefined(Napi::Env env);

}  // namespace perifocal::addon
