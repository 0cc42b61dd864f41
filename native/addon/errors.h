// Failures as JavaScript sees them: an `Error` with a `code`, whatever it was that failed.
#pragma once

#include <napi.h>

#include "runtime/status.h"

namespace perifocal::addon {

/// An `Error` with the status's message and its name as `code`, and the `errno` of a system call.
Napi::Error toError(Napi::Env env, const Status& status);

/// An error that Node-API's wrapper has made, with a code: INTERNAL, or OUT_OF_MEMORY where an allocation has failed.
/// Others have theirs.
Napi::Error withCode(const Napi::Error& error);

/// Runs `body`; what it throws leaves as an `Error` with a code. Every way in from JavaScript leads through here.
template <class Body>
Napi::Value guard(Napi::Env env, Body&& body) {
  try {
    return body();
  } catch (const Napi::Error& error) {
    throw withCode(error);
  } catch (...) {
    throw toError(env, statusOfException());
  }
}

}  // namespace perifocal::addon
