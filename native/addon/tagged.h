// Native objects behind JavaScript ones, found only where they really are.
#pragma once

#include <napi.h>

#include <string>

#include "addon/errors.h"

namespace perifocal::addon {

/// The T behind a value. Throws INTERNAL where it is none. T tags its objects with `T::kTag` when it is made.
template <class T>
T& unwrapTagged(const Napi::Value& value) {
  if (value.IsObject() && value.As<Napi::Object>().CheckTypeTag(&T::kTag)) {
    return *T::Unwrap(value.As<Napi::Object>());
  }
  throw toError(value.Env(), {StatusCode::kInternal, std::string("expected a ") + T::kName});
}

}  // namespace perifocal::addon
