#include "addon/task.h"

#include <utility>

#include "addon/errors.h"

namespace perifocal::addon {
namespace {

/// A thread that has entered a pool, for as long as it lives.
class Entry {
 public:
  explicit Entry(Ticket& ticket) : ticket_(ticket), status_(ticket.workers().enter(ticket.threads())) {}
  ~Entry() {
    if (status_.ok()) ticket_.workers().leave(ticket_.threads());
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  const Status& status() const { return status_; }

 private:
  Ticket& ticket_;
  Status status_;
};

class Task final : public Napi::AsyncWorker {
 public:
  Task(Napi::Env env, std::shared_ptr<Ticket> ticket, Call call)
      : AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        ticket_(std::move(ticket)),
        compute_(std::move(call.compute)),
        convert_(std::move(call.convert)),
        occupation_(std::move(call.occupation)) {
    held_.reserve(call.held.size());
    for (const Napi::Value& value : call.held) {
      if (value.IsObject()) held_.push_back(Napi::Persistent(value.As<Napi::Object>()));
    }
    // A worker that is terminated must not wait for the whole call.
    napi_add_env_cleanup_hook(env, cancelAtExit, this);
  }

  ~Task() override { napi_remove_env_cleanup_hook(Env(), cancelAtExit, this); }

  Napi::Promise promise() const { return deferred_.Promise(); }

 private:
  static void cancelAtExit(void* task) { static_cast<Task*>(task)->ticket_->cancel(); }

  void Execute() override {
    try {
      const Entry entry(*ticket_);
      status_ = entry.status();
      if (status_.ok()) status_ = compute_(*ticket_);
    } catch (...) {
      status_ = statusOfException();
    }
  }

  void OnOK() override {
    const Napi::Env env = Env();
    const Napi::HandleScope scope(env);
    if (status_.ok()) {
      resolve(env);
    } else {
      occupation_.reset();
      deferred_.Reject(toError(env, status_).Value());
    }
  }

  /// The result may still need what the call occupies.
  void resolve(Napi::Env env) {
    Napi::Value value;
    bool isConverted = false;
    try {
      value = guard(env, [&] { return convert_(env); });
      isConverted = true;
    } catch (const Napi::Error& error) {
      value = error.Value();
    }
    occupation_.reset();
    isConverted ? deferred_.Resolve(value) : deferred_.Reject(value);
  }

  Napi::Promise::Deferred deferred_;
  std::shared_ptr<Ticket> ticket_;
  std::function<Status(Ticket&)> compute_;
  std::function<Napi::Value(Napi::Env)> convert_;
  std::shared_ptr<void> occupation_;
  std::vector<Napi::ObjectReference> held_;
  Status status_;
};

}  // namespace

Napi::Value start(Napi::Env env, std::shared_ptr<Ticket> ticket, Call call) {
  auto task = std::make_unique<Task>(env, std::move(ticket), std::move(call));
  const Napi::Promise promise = task->promise();
  task->Queue();
  task.release();  // it frees itself when done
  return promise;
}

}  // namespace perifocal::addon
