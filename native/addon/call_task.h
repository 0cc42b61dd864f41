// A promise for one function call off the event loop.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "addon/task.h"

namespace perifocal::addon {

class CallTask final : public Task {
 public:
  /// `held` is kept alive until the promise is settled: what `compute`, which runs on another thread, reads or writes.
  CallTask(Napi::Env env, std::initializer_list<Napi::Value> held, std::function<Status()> compute,
           std::function<Napi::Value(Napi::Env)> convert)
      : Task(env), compute_(std::move(compute)), convert_(std::move(convert)) {
    for (const Napi::Value& value : held) {
      if (value.IsObject()) held_.push_back(Napi::Persistent(value.As<Napi::Object>()));
    }
  }

 protected:
  Status run() override { return compute_(); }
  Napi::Value result(Napi::Env env) override { return convert_(env); }

 private:
  std::function<Status()> compute_;
  std::function<Napi::Value(Napi::Env)> convert_;
  std::vector<Napi::ObjectReference> held_;
};

}  // namespace perifocal::addon
