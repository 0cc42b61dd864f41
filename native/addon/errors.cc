#include "addon/errors.h"

namespace perifocal::addon {

Napi::Error toError(Napi::Env env, const Status& status) {
  Napi::Error error = Napi::Error::New(env, status.message());
  error.Set("code", Napi::String::New(env, statusName(status.code())));
  return error;
}

void giveCode(Napi::Error& error) {
  const Napi::Value value = error.Value();
  if (!value.IsObject() || value.As<Napi::Object>().Has("code")) return;
  error.Set("code", Napi::String::New(error.Env(), statusName(StatusCode::kInternal)));
}

}  // namespace perifocal::addon
