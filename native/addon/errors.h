// Failures as JavaScript sees them: an `Error` with a `code`, whatever it was that failed.
#pragma once

#include <napi.h>

#include "runtime/status.h"

namespace perifocal::addon {

/// An `Error` with the status's message and its name as `code`.
Napi::Error toError(Napi::Env env, const Status& status);

/// Gives an error of Node-API itself the code INTERNAL; others have theirs.
void giveCode(Napi::Error& error);

/// Runs `body`; what it throws leaves as an `Error` with a code. Every way in from JavaScript leads through here.
template <class Body>
Napi::Value guard(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (Napi::Error& error) {
    giveCode(error);
    throw;
  } catch (...) {
    throw toError(env, statusOfException());
  }
}

}  // namespace perifocal::addon
