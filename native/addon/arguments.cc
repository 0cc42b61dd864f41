#include "addon/arguments.h"

#include "runtime/workers.h"

namespace perifocal::addon {
namespace {

const char* const kMayBeDetached = "; its buffer may have been transferred or shrunk";

}  // namespace

Napi::Object asObject(const Napi::Value& value, const char* name) {
  if (value.IsObject()) return value.As<Napi::Object>();
  throw toError(value.Env(), {StatusCode::kInternal, std::string("'") + name + "' is no object"});
}

Napi::Object objectOf(const Napi::Object& object, const char* key) { return asObject(object.Get(key), key); }

Napi::Array listOf(const Napi::Object& object, const char* key) {
  const Napi::Value value = object.Get(key);
  if (value.IsArray()) return value.As<Napi::Array>();
  throw toError(object.Env(), {StatusCode::kInternal, std::string("'") + key + "' is no array"});
}

int intOf(const Napi::Value& value) { return value.As<Napi::Number>().Int32Value(); }
int intOf(const Napi::Object& object, const char* key) { return intOf(object.Get(key)); }

double numberOf(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::Number>().DoubleValue();
}

float floatOf(const Napi::Object& object, const char* key) { return object.Get(key).As<Napi::Number>().FloatValue(); }
bool flagOf(const Napi::Object& object, const char* key) { return object.Get(key).ToBoolean(); }

std::string textOf(const Napi::Object& object, const char* key) {
  return object.Get(key).As<Napi::String>().Utf8Value();
}

int threadsOf(const Napi::Value& value) {
  const int threads = intOf(value);
  if (threads >= 1 && threads <= Workers::kMostThreads) return threads;
  throw toError(value.Env(), {StatusCode::kInternal, std::to_string(threads) + " threads instead of 1 to 3"});
}

int threadsOf(const Napi::Object& object) { return threadsOf(object.Get("threads")); }

RawArray rawArrayOf(const Napi::Value& value, const char* name) {
  requireType(value.Env(), name, value.IsTypedArray(), "typed array");
  RawArray raw;
  if (napi_get_typedarray_info(value.Env(), value, &raw.type, &raw.count, &raw.data, nullptr, nullptr) != napi_ok) {
    throw Napi::Error::New(value.Env());
  }
  return raw;
}

void requireCount(Napi::Env env, const char* name, std::size_t count, std::size_t needed) {
  if (count >= needed) return;
  throw toError(env,
                {StatusCode::kArgument, std::string("'") + name + "' holds " + std::to_string(count) + " values but " +
                                            std::to_string(needed) + " are needed" + kMayBeDetached});
}

void requireType(Napi::Env env, const char* name, bool isRight, const char* expected) {
  if (!isRight) throw toError(env, {StatusCode::kArgument, std::string("'") + name + "' is no " + expected});
}

std::vector<double> doublesOf(const Napi::Object& object, const char* key) {
  const std::span<double> values = arrayOf<double>(object, key);
  return {values.begin(), values.end()};
}

void throwUnknownWord(Napi::Env env, const char* what, const std::string& word) {
  throw toError(env, {StatusCode::kInternal, std::string("the native addon knows no ") + what + " '" + word + "'"});
}

NetworkShape networkShapeOf(const Napi::Object& object) {
  return {intOf(object, "residualBlocks"), intOf(object, "baseWidth")};
}

namespace {

Integrity integrityOf(const Napi::Value& value) {
  if (value.IsUndefined()) return Integrity::kOff;
  return wordOf<Integrity>(value, "integrity",
                           {{"off", Integrity::kOff}, {"checked", Integrity::kChecked}, {"full", Integrity::kFull}});
}

}  // namespace

PassShape passShapeOf(const Napi::Object& object) {
  return {
      intOf(object, "width"),     intOf(object, "height"),       flagOf(object, "transposed"),        threadsOf(object),
      intOf(object, "stripRows"), flagOf(object, "keepWeights"), integrityOf(object.Get("integrity"))};
}

const RegisteredIsa& isaNamed(const Napi::Value& value) {
  const std::string name = value.ToString();
  const RegisteredIsa* isa = findIsa(name);
  if (isa == nullptr) {
    throw toError(value.Env(), {StatusCode::kIsaUnavailable, "this build has no instruction set named '" + name + "'"});
  }
  if (!isa->supported) {
    throw toError(value.Env(), {StatusCode::kIsaUnavailable, "this CPU cannot execute '" + name + "'"});
  }
  return *isa;
}

const Kernels& kernelsNamed(const Napi::Value& name) { return *isaNamed(name).kernels; }

}  // namespace perifocal::addon
