// Solvers as JavaScript holds them.
#include <functional>
#include <string>
#include <utility>

#include "addon/addon.h"
#include "addon/call_task.h"
#include "addon/windows.h"
#include "deconvolution/solver.h"

namespace perifocal::addon {
namespace {

/// What a solver and the task under way share; the arena lives until both have let go.
struct SolverCore {
  std::unique_ptr<ThreadPool> pool;
  std::unique_ptr<Solver> solver;
  bool busy = false;      ///< main thread only
  bool disposed = false;  ///< main thread only

  void release() {
    solver.reset();
    pool.reset();
  }
};

Napi::Value undefined(Napi::Env env) { return env.Undefined(); }

Napi::Object toObject(Napi::Env env, std::initializer_list<std::pair<const char*, double>> fields) {
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [name, value] : fields) object.Set(name, value);
  return object;
}

class SolverHandle : public Napi::ObjectWrap<SolverHandle> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "NativeSolver",
        {InstanceAccessor<&SolverHandle::mappedBytes>("mappedBytes"), InstanceMethod<&SolverHandle::setPsf>("setPsf"),
         InstanceMethod<&SolverHandle::configure>("configure"), InstanceMethod<&SolverHandle::load>("load"),
         InstanceMethod<&SolverHandle::fitSignal>("fitSignal"), InstanceMethod<&SolverHandle::step>("step"),
         InstanceMethod<&SolverHandle::store>("store"), InstanceMethod<&SolverHandle::blend>("blend"),
         InstanceMethod<&SolverHandle::dispose>("dispose")});
  }

  explicit SolverHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

  void adopt(std::shared_ptr<SolverCore> core) {
    core_ = std::move(core);
    accounted_ = static_cast<std::int64_t>(core_->solver->mappedBytes());
    Napi::MemoryManagement::AdjustExternalMemory(Env(), accounted_);
  }

  void Finalize(Napi::Env env) override { release(env); }

 private:
  Napi::Value mappedBytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), core_->disposed ? 0 : static_cast<double>(core_->solver->mappedBytes()));
  }
  Napi::Value setPsf(const Napi::CallbackInfo& info);
  void configure(const Napi::CallbackInfo& info);
  Napi::Value load(const Napi::CallbackInfo& info);
  Napi::Value fitSignal(const Napi::CallbackInfo& info);
  Napi::Value step(const Napi::CallbackInfo& info);
  Napi::Value store(const Napi::CallbackInfo& info);
  Napi::Value blend(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo& info) { release(info.Env()); }

  void requireIdle(Napi::Env env) const {
    if (core_->disposed) throw toError(env, {StatusCode::kState, "the solver was disposed"});
    if (core_->busy) throw toError(env, {StatusCode::kState, "the solver is still working on the last call"});
  }

  /// Starts one call off the event loop. `held` is what it reads or writes.
  Napi::Value call(Napi::Env env, std::initializer_list<Napi::Value> held, std::function<Status(Solver&)> compute,
                   std::function<Napi::Value(Napi::Env)> convert) {
    core_->busy = true;
    const auto finish = [core = core_, convert = std::move(convert)](Napi::Env env) {
      core->busy = false;
      if (core->disposed) core->release();
      return convert(env);
    };
    return (new CallTask(
                env, held, [core = core_, compute = std::move(compute)] { return compute(*core->solver); }, finish))
        ->start();
  }

  void release(Napi::Env env) {
    if (core_ == nullptr || core_->disposed) return;
    core_->disposed = true;
    if (!core_->busy) core_->release();  // else the task does it when it ends
    Napi::MemoryManagement::AdjustExternalMemory(env, -accounted_);
  }

  std::shared_ptr<SolverCore> core_;
  std::int64_t accounted_ = 0;
};

Napi::Value SolverHandle::setPsf(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  const auto object = info[0].As<Napi::Object>();
  const Napi::Value coefficients = object.Get("coefficients");
  const Psf psf{object.Get("kernels").As<Napi::Float64Array>().Data(),
                coefficients.IsNull() ? nullptr : coefficients.As<Napi::Float32Array>().Data(),
                intOf(object, "gridRows"), intOf(object, "gridColumns")};
  return call(
      info.Env(), {object.Get("kernels"), coefficients}, [psf](Solver& solver) { return solver.setPsf(psf); },
      undefined);
}

void SolverHandle::configure(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  core_->solver->configure(solverSettingsOf(info[0].As<Napi::Object>()));
}

Napi::Value SolverHandle::load(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  const auto object = info[0].As<Napi::Object>();
  const SourceWindow source = windowOf<const void>(object);
  const ValidMask valid = maskOf(object, info[1]);
  auto report = std::make_shared<LoadReport>();
  const auto compute = [=](Solver& solver) { return solver.load(source, valid, *report); };
  const auto convert = [report](Napi::Env env) {
    return toObject(env, {{"validPixels", static_cast<double>(report->validPixels)},
                          {"mean", report->mean},
                          {"minimum", report->minimum},
                          {"maximum", report->maximum},
                          {"residual", report->residual}});
  };
  return call(info.Env(), {object.Get("samples"), info[1]}, compute, convert);
}

Napi::Value SolverHandle::fitSignal(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  const double sigma = info[0].As<Napi::Number>();
  const SignalPrior prior = signalPriorNamed(info[1].As<Napi::String>());
  auto fit = std::make_shared<SignalFit>();
  const auto compute = [=](Solver& solver) { return solver.fitSignal(sigma, prior, *fit); };
  const auto convert = [fit](Napi::Env env) { return toObject(env, {{"nsr", fit->nsr}, {"exponent", fit->exponent}}); };
  return call(info.Env(), {}, compute, convert);
}

Napi::Value SolverHandle::step(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  auto report = std::make_shared<StepReport>();
  const auto compute = [report](Solver& solver) { return solver.step(*report); };
  const auto convert = [report](Napi::Env env) {
    return toObject(env, {{"residual", report->residual}, {"change", report->change}, {"energy", report->energy}});
  };
  return call(info.Env(), {}, compute, convert);
}

Napi::Value SolverHandle::store(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  const auto object = info[0].As<Napi::Object>();
  const TargetWindow target = windowOf<void>(object);
  return call(
      info.Env(), {object.Get("samples")}, [target](Solver& solver) { return solver.store(target); }, undefined);
}

Napi::Value SolverHandle::blend(const Napi::CallbackInfo& info) {
  requireIdle(info.Env());
  const auto object = info[0].As<Napi::Object>();
  const BlendWindow target = blendWindowOf(object);
  return call(
      info.Env(), {object.Get("plane"), object.Get("rowWeights"), object.Get("columnWeights")},
      [target](Solver& solver) { return solver.blend(target); }, undefined);
}

}  // namespace

Napi::Function defineSolver(Napi::Env env) { return SolverHandle::define(env); }

Napi::Value createSolver(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const SolverShape shape = solverShapeOf(info[0].As<Napi::Object>());
  const RegisteredIsa& isa = isaNamed(env, info[1].As<Napi::String>());
  auto core = std::make_shared<SolverCore>();
  core->pool = std::make_unique<ThreadPool>(shape.threads);
  const Status status = Solver::create(shape, *isa.fft, *isa.deconvolution, *core->pool, core->solver);
  if (!status.ok()) throw toError(env, status);
  const Napi::Object object = env.GetInstanceData<InstanceData>()->solverClass.New({});
  SolverHandle::Unwrap(object)->adopt(std::move(core));
  return object;
}

Napi::Value planSolver(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const SolverPlan plan = perifocal::planSolver(solverShapeOf(info[0].As<Napi::Object>()));
  Napi::Array buffers = Napi::Array::New(env);
  for (const SolverBuffer& buffer : plan.buffers) {
    Napi::Object entry = toObject(env, {{"bytes", static_cast<double>(buffer.bytes)}});
    entry.Set("name", buffer.name);
    buffers.Set(buffers.Length(), entry);
  }
  Napi::Object object = toObject(env, {{"arenaBytes", static_cast<double>(plan.arenaBytes)},
                                       {"paddedWidth", plan.geometry.columns},
                                       {"paddedHeight", plan.geometry.rows}});
  object.Set("buffers", buffers);
  return object;
}

}  // namespace perifocal::addon
