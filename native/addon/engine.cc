#include <atomic>
#include <cstring>

#include "addon/addon.h"
#include "addon/task.h"
#include "streaming/pipeline.h"

namespace perifocal::addon {
namespace {

/// What an engine and the task under way share; the arena lives until both have let go.
struct EngineCore {
  std::shared_ptr<const Model> model;
  std::unique_ptr<Pipeline> pipeline;
  bool busy = false;      ///< main thread only
  bool disposed = false;  ///< main thread only
};

class EngineHandle : public Napi::ObjectWrap<EngineHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "NativeEngine",
        {InstanceAccessor<&EngineHandle::mappedBytes>("mappedBytes"), InstanceMethod<&EngineHandle::push>("push"),
         InstanceMethod<&EngineHandle::drain>("drain"), InstanceMethod<&EngineHandle::cancel>("cancel"),
         InstanceMethod<&EngineHandle::reset>("reset"), InstanceMethod<&EngineHandle::dispose>("dispose")});
  }

  explicit EngineHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

  void adopt(std::shared_ptr<EngineCore> core) {
    core_ = std::move(core);
    const Napi::Env env = Env();
    residual_ = Napi::Persistent(Napi::Int16Array::New(env, residualSamples(core_->pipeline->pass())));
    accounted_ = static_cast<std::int64_t>(core_->pipeline->mappedBytes());
    Napi::MemoryManagement::AdjustExternalMemory(env, accounted_);
    // A worker that is terminated mid-strip must not wait for the whole strip.
    napi_add_env_cleanup_hook(env, cancelAtExit, core_.get());
  }

  void Finalize(Napi::Env env) override { release(env); }

 private:
  class StripTask;

  Napi::Value mappedBytes(const Napi::CallbackInfo& info) {
    const double bytes = core_->pipeline ? static_cast<double>(core_->pipeline->mappedBytes()) : 0;
    return Napi::Number::New(info.Env(), bytes);
  }

  Napi::Value push(const Napi::CallbackInfo& info);
  Napi::Value drain(const Napi::CallbackInfo& info);

  void cancel(const Napi::CallbackInfo&) {
    if (core_->pipeline) core_->pipeline->cancel();
  }

  void reset(const Napi::CallbackInfo& info) {
    requireIdle(info.Env());
    core_->pipeline->reset();
  }

  void dispose(const Napi::CallbackInfo& info) { release(info.Env()); }

  void requireIdle(Napi::Env env) const {
    if (core_->disposed) throw toError(env, {StatusCode::kState, "the engine was disposed"});
    if (core_->busy) throw toError(env, {StatusCode::kState, "the engine is still working on the last call"});
  }

  void release(Napi::Env env) {
    if (core_ == nullptr || core_->disposed) return;
    core_->disposed = true;
    core_->pipeline->cancel();
    napi_remove_env_cleanup_hook(env, cancelAtExit, core_.get());
    if (!core_->busy) core_->pipeline.reset();  // else the task does it when it ends
    residual_.Reset();
    Napi::MemoryManagement::AdjustExternalMemory(env, -accounted_);
  }

  static void cancelAtExit(void* core) {
    const auto& pipeline = static_cast<EngineCore*>(core)->pipeline;
    if (pipeline != nullptr) pipeline->cancel();
  }

  std::shared_ptr<EngineCore> core_;
  Napi::Reference<Napi::Int16Array> residual_;
  std::int64_t accounted_ = 0;
};

/// One push or drain.
class EngineHandle::StripTask final : public Task {
 public:
  enum class Kind { kPush, kDrain };

  StripTask(Napi::Env env, std::shared_ptr<EngineCore> core, const Napi::Int16Array& out, Kind kind, int count)
      : Task(env),
        core_(std::move(core)),
        out_(Napi::Persistent(out)),
        values_(out_.Value().Data()),
        kind_(kind),
        count_(count) {
    core_->busy = true;
  }

 protected:
  Status run() override {
    Pipeline& pipeline = *core_->pipeline;
    return kind_ == Kind::kPush ? pipeline.push(count_, values_, emitted_) : pipeline.drain(count_, values_, emitted_);
  }

  Napi::Value result(Napi::Env env) override {
    const std::size_t samples = static_cast<std::size_t>(emitted_) * core_->pipeline->pass().width * 3;
    core_->busy = false;
    if (core_->disposed) core_->pipeline.reset();
    const Napi::Int16Array all = out_.Value();
    return Napi::Int16Array::New(env, samples, all.ArrayBuffer(), all.ByteOffset());
  }

 private:
  std::shared_ptr<EngineCore> core_;
  Napi::Reference<Napi::Int16Array> out_;
  std::int16_t* values_;
  Kind kind_;
  int count_;
  int emitted_ = 0;
};

Napi::Value EngineHandle::push(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  const auto rows = info[0].As<Napi::Uint8Array>();
  const int count = info[1].As<Napi::Number>();
  const PassShape& pass = core_->pipeline->pass();
  const std::size_t bytes = static_cast<std::size_t>(count) * pass.width * 3;
  if (count < 0 || count > pass.stripRows || rows.ByteLength() < bytes) {
    throw toError(info.Env(), {StatusCode::kState, "a push of " + std::to_string(count) + " rows with " +
                                                       std::to_string(rows.ByteLength()) + " bytes does not fit"});
  }
  std::memcpy(core_->pipeline->staging(), rows.Data(), bytes);
  return (new StripTask(info.Env(), core_, residual_.Value(), StripTask::Kind::kPush, count))->start();
}

Napi::Value EngineHandle::drain(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  const int limit = info[0].As<Napi::Number>();
  return (new StripTask(info.Env(), core_, residual_.Value(), StripTask::Kind::kDrain, limit))->start();
}

}  // namespace

Napi::Function defineEngine(Napi::Env env) { return EngineHandle::define(env); }

Napi::Value createEngine(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  auto core = std::make_shared<EngineCore>();
  core->model = ModelHandle::Unwrap(info[0].As<Napi::Object>())->model();
  if (core->model == nullptr) throw toError(env, {StatusCode::kState, "the model was disposed"});
  const Status status = Pipeline::create(*core->model, passShapeOf(info[1].As<Napi::Object>()), core->pipeline);
  if (!status.ok()) throw toError(env, status);
  const Napi::Object object = env.GetInstanceData<InstanceData>()->engineClass.New({});
  EngineHandle::Unwrap(object)->adopt(std::move(core));
  return object;
}

}  // namespace perifocal::addon
