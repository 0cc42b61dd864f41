#include "addon/errors.h"

#include <new>

namespace perifocal::addon {

Napi::Error toError(Napi::Env env, const Status& status) {
  Napi::Error error = Napi::Error::New(env, status.message());
  error.Set("code", Napi::String::New(env, statusName(status.code())));
  if (status.systemCode() != 0) error.Set("errno", Napi::Number::New(env, status.systemCode()));
  return error;
}

Napi::Error withCode(const Napi::Error& error) {
  const Napi::Value value = error.Value();
  if (value.IsObject() && value.As<Napi::Object>().Has("code")) return error;
  // All that the wrapper keeps of an exception is its text.
  if (error.Message() == std::bad_alloc().what()) return toError(error.Env(), outOfMemory());
  return toError(error.Env(), {StatusCode::kInternal, error.Message()});
}

}  // namespace perifocal::addon
