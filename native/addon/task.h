// A promise for work done off the event loop.
#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <vector>

#include "runtime/ticket.h"

namespace perifocal::addon {

/// One call: what it computes, and what becomes of it.
struct Call {
  /// Kept alive until the promise is settled: what `compute` reads or writes.
  std::vector<Napi::Value> held;
  /// On another thread, without JavaScript.
  std::function<Status(Ticket&)> compute;
  /// The result, once `compute` has succeeded.
  std::function<Napi::Value(Napi::Env)> convert;
  /// Let go on JavaScript's thread before the promise is settled, however the call ends.
  std::shared_ptr<void> occupation;
};

/// Starts a call with the threads of a ticket. The promise is rejected with an error that has a code, whatever fails.
Napi::Value start(Napi::Env env, std::shared_ptr<Ticket> ticket, Call call);

}  // namespace perifocal::addon
