#include "addon/convert.h"

#include <algorithm>

namespace perifocal::addon {

Napi::Error toError(Napi::Env env, const Status& status) {
  Napi::Error error = Napi::Error::New(env, status.message());
  error.Set("code", Napi::String::New(env, statusName(status.code())));
  return error;
}

int intOf(const Napi::Object& object, const char* key) { return object.Get(key).As<Napi::Number>().Int32Value(); }

double numberOf(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::Number>().DoubleValue();
}

std::string textOf(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::String>().Utf8Value();
}

Napi::Float64Array toArray(Napi::Env env, const std::vector<double>& values) {
  auto array = Napi::Float64Array::New(env, values.size());
  std::copy(values.begin(), values.end(), array.Data());
  return array;
}

NetworkShape networkShapeOf(const Napi::Object& object) {
  return {intOf(object, "residualBlocks"), intOf(object, "baseWidth")};
}

PassShape passShapeOf(const Napi::Object& object) {
  return {intOf(object, "width"),   intOf(object, "height"),    object.Get("transposed").ToBoolean().Value(),
          intOf(object, "threads"), intOf(object, "stripRows"), object.Get("keepWeights").ToBoolean().Value()};
}

const RegisteredIsa& isaNamed(Napi::Env env, const std::string& name) {
  const RegisteredIsa* isa = findIsa(name);
  if (isa == nullptr) {
    throw toError(env, {StatusCode::kIsaUnavailable, "this build has no instruction set named '" + name + "'"});
  }
  if (!isa->supported) {
    throw toError(env, {StatusCode::kIsaUnavailable, "this CPU cannot execute '" + name + "'"});
  }
  return *isa;
}

const Kernels& kernelsNamed(Napi::Env env, const std::string& name) { return *isaNamed(env, name).kernels; }

}  // namespace perifocal::addon
