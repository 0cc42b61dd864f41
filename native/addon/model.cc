#include <map>

#include "addon/addon.h"
#include "addon/task.h"

namespace perifocal::addon {
namespace {

FileTensor::Type typeNamed(const std::string& name) {
  if (name == "I8") return FileTensor::Type::kI8;
  return name == "I32" ? FileTensor::Type::kI32 : FileTensor::Type::kF32;
}

FileTensor tensorOf(const Napi::Object& object) {
  FileTensor tensor{typeNamed(textOf(object, "dtype")), {}, {}};
  const auto shape = object.Get("shape").As<Napi::Array>();
  for (std::uint32_t i = 0; i < shape.Length(); ++i) {
    tensor.shape.push_back(shape.Get(i).As<Napi::Number>().Int64Value());
  }
  const auto data = object.Get("data").As<Napi::Uint8Array>();
  tensor.data = {reinterpret_cast<const std::byte*>(data.Data()), data.ByteLength()};
  return tensor;
}

/// Packs in the background; the tensors' buffers are kept alive by a reference.
class LoadTask final : public Task {
 public:
  LoadTask(Napi::Env env, const Napi::Object& tensors, NetworkShape shape, const Kernels& kernels,
           WinogradShapes winograd)
      : Task(env),
        shape_(shape),
        kernels_(kernels),
        winograd_(std::move(winograd)),
        keepAlive_(Napi::Persistent(tensors)) {
    const Napi::Array names = tensors.GetPropertyNames();
    for (std::uint32_t i = 0; i < names.Length(); ++i) {
      const std::string name = names.Get(i).As<Napi::String>();
      tensors_[name] = tensorOf(tensors.Get(name).As<Napi::Object>());
    }
  }

 protected:
  Status run() override {
    std::unique_ptr<Model> model;
    Status status = Model::build(shape_, tensors_, kernels_, winograd_, model);
    model_ = std::move(model);
    return status;
  }

  Napi::Value result(Napi::Env env) override {
    if (model_ == nullptr) return env.Undefined();
    const Napi::Object object = env.GetInstanceData<InstanceData>()->modelClass.New({});
    ModelHandle::Unwrap(object)->adopt(std::move(model_));
    return object;
  }

 private:
  NetworkShape shape_;
  const Kernels& kernels_;
  WinogradShapes winograd_;
  FileTensors tensors_;
  Napi::ObjectReference keepAlive_;
  std::shared_ptr<const Model> model_;
};

}  // namespace

Napi::Function ModelHandle::define(Napi::Env env) {
  return DefineClass(
      env, "NativeModel",
      {InstanceAccessor<&ModelHandle::weightBytes>("weightBytes"), InstanceAccessor<&ModelHandle::isa>("isa"),
       InstanceAccessor<&ModelHandle::winogradLayers>("winogradLayers"),
       InstanceMethod<&ModelHandle::dispose>("dispose")});
}

void ModelHandle::adopt(std::shared_ptr<const Model> model) {
  model_ = std::move(model);
  Napi::MemoryManagement::AdjustExternalMemory(Env(), static_cast<std::int64_t>(model_->weightBytes()));
}

void ModelHandle::release(Napi::Env env) {
  if (model_ == nullptr) return;
  Napi::MemoryManagement::AdjustExternalMemory(env, -static_cast<std::int64_t>(model_->weightBytes()));
  model_.reset();
}

void ModelHandle::dispose(const Napi::CallbackInfo& info) { release(info.Env()); }

Napi::Value ModelHandle::weightBytes(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), model_ == nullptr ? 0 : static_cast<double>(model_->weightBytes()));
}

Napi::Value ModelHandle::isa(const Napi::CallbackInfo& info) {
  if (model_ == nullptr) throw toError(info.Env(), {StatusCode::kState, "the model was disposed"});
  return Napi::String::New(info.Env(), model_->kernels().name);
}

Napi::Value ModelHandle::winogradLayers(const Napi::CallbackInfo& info) {
  if (model_ == nullptr) throw toError(info.Env(), {StatusCode::kState, "the model was disposed"});
  const std::vector<LayerSpec>& layers = model_->graph().layers;
  auto flags = Napi::Uint8Array::New(info.Env(), layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) flags[i] = layers[i].winograd;
  return flags;
}

Napi::Value loadModel(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Kernels& kernels = kernelsNamed(env, info[2].As<Napi::String>());
  const NetworkShape shape = networkShapeOf(info[1].As<Napi::Object>());
  WinogradShapes winograd;
  const auto shapes = info[3].As<Napi::Array>();
  for (std::uint32_t i = 0; i < shapes.Length(); ++i) {
    const auto one = shapes.Get(i).As<Napi::Object>();
    winograd.insert({intOf(one, "inputs"), intOf(one, "outputs")});
  }
  return (new LoadTask(env, info[0].As<Napi::Object>(), shape, kernels, std::move(winograd)))->start();
}

}  // namespace perifocal::addon
