#include <map>
#include <utility>

#include "addon/arguments.h"
#include "addon/module.h"
#include "addon/network.h"
#include "addon/pool.h"
#include "addon/tagged.h"
#include "addon/task.h"

namespace perifocal::addon {
namespace {

/// A packed model as JavaScript holds it. Pipelines share ownership.
class ModelHandle : public Napi::ObjectWrap<ModelHandle> {
 public:
  static constexpr napi_type_tag kTag{0x52c9f0b1a7d84e36, 0x8d1e4f6a3b7c9205};
  static constexpr const char* kName = "NativeModel";

  explicit ModelHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) { Value().TypeTag(&kTag); }

  void adopt(std::shared_ptr<const Model> model) {
    model_ = std::move(model);
    Napi::MemoryManagement::AdjustExternalMemory(Env(), static_cast<std::int64_t>(model_->weightBytes()));
  }

  const std::shared_ptr<const Model>& require(Napi::Env env) const {
    if (model_ == nullptr) throw toError(env, {StatusCode::kState, "the model was disposed"});
    return model_;
  }

  void Finalize(Napi::Env env) override { release(env); }

  Napi::Value weightBytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), model_ == nullptr ? 0 : static_cast<double>(model_->weightBytes()));
  }

  Napi::Value isa(const Napi::CallbackInfo& info) {
    return guard(info.Env(), [&] { return Napi::String::New(info.Env(), require(info.Env())->kernels().name); });
  }

  Napi::Value winogradLayers(const Napi::CallbackInfo& info) {
    return guard(info.Env(), [&] {
      const std::vector<LayerSpec>& layers = require(info.Env())->graph().layers;
      auto flags = Napi::Uint8Array::New(info.Env(), layers.size());
      for (std::size_t i = 0; i < layers.size(); ++i) flags[i] = layers[i].winograd;
      return flags;
    });
  }

  Napi::Value coverage(const Napi::CallbackInfo& info) {
    return guard(info.Env(), [&]() -> Napi::Value {
      const Model& model = *require(info.Env());
      if (!model.checked()) return info.Env().Null();
      const Coverage& coverage = model.coverage();
      Napi::Object object = Napi::Object::New(info.Env());
      object.Set("layers", coverage.layers);
      object.Set("winogradLayers", coverage.winogradLayers);
      object.Set("cases", static_cast<double>(coverage.cases));
      object.Set("blindCases", static_cast<double>(coverage.blindCases));
      object.Set("largestSum", static_cast<double>(coverage.largestSum));
      object.Set("sumLimit", kWatchedLimit);
      return object;
    });
  }

  void dispose(const Napi::CallbackInfo& info) { release(info.Env()); }

 private:
  void release(Napi::Env env) {
    if (model_ == nullptr) return;
    Napi::MemoryManagement::AdjustExternalMemory(env, -static_cast<std::int64_t>(model_->weightBytes()));
    model_.reset();
  }

  std::shared_ptr<const Model> model_;
};

FileTensor tensorOf(const Napi::Object& object) {
  FileTensor tensor{
      wordOf<FileTensor::Type>(
          object.Get("dtype"), "type of tensors",
          {{"I8", FileTensor::Type::kI8}, {"I32", FileTensor::Type::kI32}, {"F32", FileTensor::Type::kF32}}),
      {},
      {}};
  const Napi::Array shape = listOf(object, "shape");
  for (std::uint32_t i = 0; i < shape.Length(); ++i) {
    tensor.shape.push_back(shape.Get(i).As<Napi::Number>().Int64Value());
  }
  tensor.data = std::as_bytes(arrayOf<std::uint8_t>(object, "data"));
  return tensor;
}

/// Adds what keeps the data of the tensors alive to `held`.
FileTensors tensorsOf(const Napi::Object& object, std::vector<Napi::Value>& held) {
  FileTensors tensors;
  const Napi::Array names = object.GetPropertyNames();
  for (std::uint32_t i = 0; i < names.Length(); ++i) {
    const std::string name = names.Get(i).As<Napi::String>();
    const Napi::Object tensor = objectOf(object, name.c_str());
    tensors[name] = tensorOf(tensor);
    held.push_back(tensor.Get("data"));
  }
  return tensors;
}

WinogradShapes winogradShapesOf(const Napi::Value& value) {
  WinogradShapes shapes;
  const Napi::Array list = asObject(value, "winograd").As<Napi::Array>();
  for (std::uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Object shape = asObject(list.Get(i), "shape");
    shapes.insert({intOf(shape, "inputs"), intOf(shape, "outputs")});
  }
  return shapes;
}

}  // namespace

Napi::Function defineModel(Napi::Env env) {
  return ModelHandle::DefineClass(env, ModelHandle::kName,
                                  {ModelHandle::InstanceAccessor<&ModelHandle::weightBytes>("weightBytes"),
                                   ModelHandle::InstanceAccessor<&ModelHandle::isa>("isa"),
                                   ModelHandle::InstanceAccessor<&ModelHandle::winogradLayers>("winogradLayers"),
                                   ModelHandle::InstanceAccessor<&ModelHandle::coverage>("coverage"),
                                   ModelHandle::InstanceMethod<&ModelHandle::dispose>("dispose")});
}

const std::shared_ptr<const Model>& modelOf(const Napi::Value& value) {
  return unwrapTagged<ModelHandle>(value).require(value.Env());
}

/// Packs in the background.
Napi::Value loadModel(const Napi::CallbackInfo& info) {
  std::vector<Napi::Value> held;
  auto tensors = std::make_shared<FileTensors>(tensorsOf(asObject(info[0], "tensors"), held));
  const NetworkShape shape = networkShapeOf(asObject(info[1], "shape"));
  const Kernels& kernels = kernelsNamed(info[2]);
  auto built = std::make_shared<std::unique_ptr<Model>>();
  const bool checked = info[5].ToBoolean();
  const auto compute = [=, &kernels, winograd = winogradShapesOf(info[3])](Ticket& ticket) {
    return Model::build(shape, *tensors, kernels, winograd, Team(1, &ticket), *built, checked);
  };
  const auto convert = [built](Napi::Env env) {
    const Napi::Object object = env.GetInstanceData<InstanceData>()->modelClass.New({});
    ModelHandle::Unwrap(object)->adopt(std::move(*built));
    return object;
  };
  return start(info.Env(), ticketOf(info, 4), {std::move(held), compute, convert, nullptr});
}

}  // namespace perifocal::addon
