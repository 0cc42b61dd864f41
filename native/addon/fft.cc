#include "addon/addon.h"
#include "addon/task.h"
#include "fft/factors.h"
#include "fft/transform.h"

namespace perifocal::addon {
namespace {

TransformShape shapeOf(const Napi::Object& object) {
  return {textOf(object, "kind") == "image", intOf(object, "rows"), intOf(object, "columns"), intOf(object, "threads")};
}

/// What a plan and the task under way share; the memory lives until both have let go.
struct FftCore {
  std::unique_ptr<Transform> transform;
  bool busy = false;      ///< main thread only
  bool disposed = false;  ///< main thread only
};

/// The arrays of one call: values to (re, im), or back.
struct FftArrays {
  bool forward;
  float *values, *re, *im;

  FftArrays(const Napi::CallbackInfo& info, bool isForward) : forward(isForward) {
    const auto data = [&info](int index) { return info[index].As<Napi::Float32Array>().Data(); };
    values = data(isForward ? 0 : 2);
    re = data(isForward ? 1 : 0);
    im = data(isForward ? 2 : 1);
  }

  void run(Transform& transform) const {
    if (forward) return transform.forward(values, re, im);
    transform.inverse(re, im, values);
  }
};

class FftHandle : public Napi::ObjectWrap<FftHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "NativeFft",
        {InstanceMethod<&FftHandle::start<true>>("forward"), InstanceMethod<&FftHandle::start<false>>("inverse"),
         InstanceMethod<&FftHandle::run<true>>("forwardSync"), InstanceMethod<&FftHandle::run<false>>("inverseSync"),
         InstanceMethod<&FftHandle::dispose>("dispose")});
  }

  explicit FftHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

  void adopt(std::unique_ptr<Transform> transform, std::size_t bytes) {
    core_ = std::make_shared<FftCore>();
    core_->transform = std::move(transform);
    accounted_ = static_cast<std::int64_t>(bytes);
    Napi::MemoryManagement::AdjustExternalMemory(Env(), accounted_);
  }

  void Finalize(Napi::Env env) override { release(env); }

 private:
  class RunTask;

  template <bool kForward>
  Napi::Value start(const Napi::CallbackInfo& info);

  template <bool kForward>
  void run(const Napi::CallbackInfo& info) {
    requireIdle(info.Env());
    FftArrays(info, kForward).run(*core_->transform);
  }

  void dispose(const Napi::CallbackInfo& info) { release(info.Env()); }

  void requireIdle(Napi::Env env) const {
    if (core_->disposed) throw toError(env, {StatusCode::kState, "the transform was disposed"});
    if (core_->busy) throw toError(env, {StatusCode::kState, "the transform is still working on the last call"});
  }

  void release(Napi::Env env) {
    if (core_ == nullptr || core_->disposed) return;
    core_->disposed = true;
    if (!core_->busy) core_->transform.reset();  // else the task does it when it ends
    Napi::MemoryManagement::AdjustExternalMemory(env, -accounted_);
  }

  std::shared_ptr<FftCore> core_;
  std::int64_t accounted_ = 0;
};

/// One transform; its arrays are kept alive by references.
class FftHandle::RunTask final : public Task {
 public:
  RunTask(const Napi::CallbackInfo& info, std::shared_ptr<FftCore> core, bool forward)
      : Task(info.Env()), core_(std::move(core)), arrays_(info, forward) {
    for (int i = 0; i < 3; ++i) keepAlive_[i] = Napi::Persistent(info[i].As<Napi::Object>());
    core_->busy = true;
  }

 protected:
  Status run() override {
    arrays_.run(*core_->transform);
    return {};
  }

  Napi::Value result(Napi::Env env) override {
    core_->busy = false;
    if (core_->disposed) core_->transform.reset();
    return env.Undefined();
  }

 private:
  std::shared_ptr<FftCore> core_;
  FftArrays arrays_;
  Napi::ObjectReference keepAlive_[3];
};

template <bool kForward>
Napi::Value FftHandle::start(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  return (new RunTask(info, core_, kForward))->start();
}

/// Maps memory and fills tables in the background.
class CreateTask final : public Task {
 public:
  CreateTask(Napi::Env env, const TransformShape& shape, const FftKernels& kernels)
      : Task(env), shape_(shape), kernels_(kernels) {}

 protected:
  Status run() override { return Transform::create(shape_, kernels_, transform_); }

  Napi::Value result(Napi::Env env) override {
    if (transform_ == nullptr) return env.Undefined();
    const Napi::Object object = env.GetInstanceData<InstanceData>()->fftClass.New({});
    FftHandle::Unwrap(object)->adopt(std::move(transform_), Transform::mappedBytes(shape_));
    return object;
  }

 private:
  TransformShape shape_;
  const FftKernels& kernels_;
  std::unique_ptr<Transform> transform_;
};

}  // namespace

Napi::Function defineFft(Napi::Env env) { return FftHandle::define(env); }

Napi::Value planFft(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(),
                           static_cast<double>(Transform::mappedBytes(shapeOf(info[0].As<Napi::Object>()))));
}

Napi::Value goodFftSize(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), perifocal::goodFftSize(info[0].As<Napi::Number>()));
}

Napi::Value createFft(const Napi::CallbackInfo& info) {
  const auto shape = shapeOf(info[0].As<Napi::Object>());
  return (new CreateTask(info.Env(), shape, *isaNamed(info.Env(), info[1].As<Napi::String>()).fft))->start();
}

}  // namespace perifocal::addon
