#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "addon/arguments.h"
#include "addon/handle.h"
#include "addon/module.h"
#include "addon/network.h"
#include "addon/pixel_tables.h"
#include "streaming/pipeline.h"

namespace perifocal::addon {
namespace {

/// A pipeline and the model that it needs.
class OwnedPipeline {
 public:
  OwnedPipeline(std::shared_ptr<const Model> model, std::unique_ptr<Pipeline> pipeline)
      : model_(std::move(model)), pipeline_(std::move(pipeline)) {}

  Pipeline& pipeline() { return *pipeline_; }
  Team& team() { return pipeline_->team(); }
  std::size_t mappedBytes() const { return pipeline_->mappedBytes(); }

 private:
  std::shared_ptr<const Model> model_;
  std::unique_ptr<Pipeline> pipeline_;
};

class PipelineHandle : public Handle<PipelineHandle, OwnedPipeline> {
 public:
  static constexpr const char* kName = "pipeline";

  using Handle::Handle;

  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "NativePipeline",
        {mappedBytesProperty(), method<&PipelineHandle::push>("push"), method<&PipelineHandle::drain>("drain"),
         method<&PipelineHandle::setValid>("setValid"), method<&PipelineHandle::cancel>("cancel"),
         method<&PipelineHandle::reset>("reset"), method<&PipelineHandle::counters>("counters"), disposeMethod()});
  }

  void beforeRelease() {
    slot()->object->pipeline().cancel();
    residual_.Reset();
  }

 private:
  Napi::Value setValid(const Napi::CallbackInfo& info) {
    Pipeline& pipeline = idle(info.Env()).pipeline();
    const PixelTables map = pixelTablesOf(info[1]);
    const std::span<const std::uint8_t> valid = asArray<std::uint8_t>(info[0], "valid", map.framePixels());
    requireCount(info.Env(), "colPixels", map.columns.size(), pipeline.pass().width);
    std::vector<std::uint8_t> row(map.columns.size());
    for (const std::uint32_t first : map.rows) {
      std::transform(map.columns.begin(), map.columns.end(), row.begin(),
                     [&](std::uint32_t column) { return valid[static_cast<std::size_t>(first) + column]; });
      if (Status status = pipeline.setValid(row.data(), 1); !status.ok()) throw toError(info.Env(), status);
    }
    return info.Env().Undefined();
  }

  Napi::Value push(const Napi::CallbackInfo& info) {
    Pipeline& pipeline = idle(info.Env()).pipeline();
    const int count = intOf(info[1]);
    if (count < 0 || count > pipeline.pass().stripRows) {
      throw toError(info.Env(), {StatusCode::kState, "a strip of " + std::to_string(count) + " rows does not fit"});
    }
    const std::size_t bytes = static_cast<std::size_t>(count) * pipeline.pass().width * 3;
    const std::span<const std::uint8_t> rows = asArray<std::uint8_t>(info[0], "rows", bytes);
    std::memcpy(pipeline.staging(), rows.data(), bytes);
    return run(info, 2, [count](Pipeline& p, std::int16_t* out, int& emitted) { return p.push(count, out, emitted); });
  }

  Napi::Value drain(const Napi::CallbackInfo& info) {
    const int limit = intOf(info[0]);
    return run(info, 1, [limit](Pipeline& p, std::int16_t* out, int& emitted) { return p.drain(limit, out, emitted); });
  }

  Napi::Value cancel(const Napi::CallbackInfo& info) {
    if (slot() != nullptr && slot()->object != nullptr) slot()->object->pipeline().cancel();
    return info.Env().Undefined();
  }

  Napi::Value reset(const Napi::CallbackInfo& info) {
    idle(info.Env()).pipeline().reset();
    return info.Env().Undefined();
  }

  /// Null where the pass has no integrity.
  Napi::Value counters(const Napi::CallbackInfo& info) {
    const IntegrityCounters* counters = idle(info.Env()).pipeline().counters();
    if (counters == nullptr) return info.Env().Null();
    Napi::Object found = Napi::Object::New(info.Env());
    for (int i = 0; i < kFaults; ++i) {
      found.Set(faultName(static_cast<Fault>(i)), static_cast<double>(counters->found[i]));
    }
    Napi::Object object = Napi::Object::New(info.Env());
    object.Set("firings", static_cast<double>(counters->firings));
    object.Set("recomputed", static_cast<double>(counters->recomputed));
    object.Set("found", found);
    return object;
  }

  /// One push or drain.
  template <class Work>
  Napi::Value run(const Napi::CallbackInfo& info, std::size_t ticketIndex, Work work) {
    const std::size_t width = idle(info.Env()).pipeline().pass().width;
    const std::size_t samples = residualSamples(idle(info.Env()).pipeline().pass());
    if (residual_.IsEmpty()) residual_ = Napi::Persistent(Napi::Int16Array::New(info.Env(), samples));
    const Napi::Int16Array residual = residual_.Value();
    std::int16_t* values = asArray<std::int16_t>(residual, "residual", samples).data();
    auto emitted = std::make_shared<int>(0);
    const auto compute = [=](OwnedPipeline& owned) { return work(owned.pipeline(), values, *emitted); };
    // Values do not outlive this call, references do.
    auto kept = std::make_shared<Napi::Reference<Napi::Int16Array>>(Napi::Persistent(residual));
    const auto convert = [=](Napi::Env env) {
      const Napi::Int16Array all = kept->Value();
      return Napi::Int16Array::New(env, *emitted * width * 3, all.ArrayBuffer(), all.ByteOffset());
    };
    return call(info, ticketIndex, {residual}, compute, convert);
  }

  Napi::Reference<Napi::Int16Array> residual_;  ///< the one buffer that push and drain write into
};

}  // namespace

Napi::Function definePipeline(Napi::Env env) { return PipelineHandle::define(env); }

Napi::Value createPipeline(const Napi::CallbackInfo& info) {
  const std::shared_ptr<const Model>& model = modelOf(info[0]);
  std::unique_ptr<Pipeline> pipeline;
  const Status status = Pipeline::create(*model, passShapeOf(asObject(info[1], "pass")), pipeline);
  if (!status.ok()) throw toError(info.Env(), status);
  return PipelineHandle::make(info.Env().GetInstanceData<InstanceData>()->pipelineClass,
                              std::make_unique<OwnedPipeline>(model, std::move(pipeline)));
}

}  // namespace perifocal::addon
