// A promise for work done off the event loop.
#pragma once

#include <napi.h>

#include "addon/convert.h"

namespace perifocal::addon {

/// Subclasses compute in `run` (no JavaScript there) and make the result in `result`.
class Task : public Napi::AsyncWorker {
 public:
  explicit Task(Napi::Env env) : AsyncWorker(env), deferred_(Napi::Promise::Deferred::New(env)) {}

  /// Queues the task, which frees itself when done.
  Napi::Promise start() {
    Napi::Promise promise = deferred_.Promise();
    Queue();
    return promise;
  }

 protected:
  virtual Status run() = 0;
  virtual Napi::Value result(Napi::Env env) = 0;

 private:
  void Execute() override { status_ = run(); }

  void OnOK() override {
    const Napi::Env env = Env();
    Napi::HandleScope scope(env);
    const Napi::Value value = result(env);
    if (status_.ok()) {
      deferred_.Resolve(value);
    } else {
      deferred_.Reject(toError(env, status_).Value());
    }
  }

  Napi::Promise::Deferred deferred_;
  Status status_;
};

}  // namespace perifocal::addon
