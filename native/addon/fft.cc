#include <utility>

#include "addon/arguments.h"
#include "addon/handle.h"
#include "addon/module.h"
#include "addon/results.h"
#include "fft/factors.h"
#include "fft/transform.h"

namespace perifocal::addon {
namespace {

TransformShape shapeOf(const Napi::Value& value) {
  const Napi::Object object = asObject(value, "shape");
  return {wordOf<bool>(object.Get("kind"), "kind of transform", {{"image", true}, {"lines", false}}),
          intOf(object, "rows"), intOf(object, "columns"), threadsOf(object)};
}

/// The arrays of one call: values to (re, im), or back.
struct Arrays {
  bool isForward;
  float *values, *re, *im;

  Arrays(const Napi::CallbackInfo& info, const TransformShape& shape, bool forward) : isForward(forward) {
    const std::size_t rows = shape.rows, bins = rows * (shape.columns / 2 + 1);
    values = asArray<float>(info[forward ? 0 : 2], "values", rows * shape.columns).data();
    re = asArray<float>(info[forward ? 1 : 0], "re", bins).data();
    im = asArray<float>(info[forward ? 2 : 1], "im", bins).data();
  }

  Status run(Transform& transform) const {
    isForward ? transform.forward(values, re, im) : transform.inverse(re, im, values);
    return transform.team().status();
  }
};

class FftHandle : public Handle<FftHandle, Transform> {
 public:
  static constexpr const char* kName = "transform";

  using Handle::Handle;

  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "NativeFft",
        {method<&FftHandle::later<true>>("forward"), method<&FftHandle::later<false>>("inverse"),
         method<&FftHandle::now<true>>("forwardSync"), method<&FftHandle::now<false>>("inverseSync"), disposeMethod()});
  }

 private:
  template <bool kForward>
  Napi::Value later(const Napi::CallbackInfo& info) {
    const Arrays arrays(info, idle(info.Env()).shape(), kForward);
    return call(
        info, 3, {info[0], info[1], info[2]}, [arrays](Transform& transform) { return arrays.run(transform); },
        toUndefined);
  }

  /// On the calling thread.
  template <bool kForward>
  Napi::Value now(const Napi::CallbackInfo& info) {
    Transform& transform = idle(info.Env());
    const Status status = Arrays(info, transform.shape(), kForward).run(transform);
    if (!status.ok()) throw toError(info.Env(), status);
    return info.Env().Undefined();
  }
};

Napi::Value planFft(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(Transform::mappedBytes(shapeOf(info[0]))));
}

Napi::Value goodFftSize(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), perifocal::goodFftSize(intOf(info[0])));
}

/// Maps memory and fills tables in the background.
Napi::Value createFft(const Napi::CallbackInfo& info) {
  const TransformShape shape = shapeOf(info[0]);
  const FftKernels& kernels = *isaNamed(info[1]).fft;
  auto made = std::make_shared<std::unique_ptr<Transform>>();
  const auto compute = [=, &kernels](Ticket& ticket) { return Transform::create(shape, kernels, &ticket, *made); };
  const auto convert = [made](Napi::Env env) {
    return FftHandle::make(env.GetInstanceData<InstanceData>()->fftClass, std::move(*made));
  };
  return start(info.Env(), ticketOf(info, 2), {{}, compute, convert, nullptr});
}

}  // namespace

void addFft(Napi::Object& exports, InstanceData& data) {
  data.fftClass = Napi::Persistent(FftHandle::define(exports.Env()));
  addFunction<planFft>(exports, "planFft");
  addFunction<createFft>(exports, "createFft");
  addFunction<goodFftSize>(exports, "goodFftSize");
}

}  // namespace perifocal::addon
