#include "addon/results.h"

#include <algorithm>

namespace perifocal::addon {

Napi::Float64Array toArray(Napi::Env env, const std::vector<double>& values) {
  auto array = Napi::Float64Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

Napi::Object toObject(Napi::Env env, std::initializer_list<std::pair<const char*, double>> fields) {
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [name, value] : fields) object.Set(name, value);
  return object;
}

Napi::Value toUndefined(Napi::Env env) { return env.Undefined(); }

}  // namespace perifocal::addon
