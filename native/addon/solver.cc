// Solvers as JavaScript holds them, and what deconvolution needs beside them.
#include "deconvolution/solver.h"

#include <utility>

#include "addon/arguments.h"
#include "addon/handle.h"
#include "addon/module.h"
#include "addon/results.h"
#include "addon/solver_shape.h"
#include "addon/windows.h"

namespace perifocal::addon {
namespace {

/// A solver and the team that it is cut for.
class OwnedSolver {
 public:
  explicit OwnedSolver(int threads) : team_(threads) {}

  Status create(const SolverShape& shape, const RegisteredIsa& isa) {
    return Solver::create(shape, *isa.fft, *isa.deconvolution, team_, solver_);
  }
  Solver& solver() { return *solver_; }
  Team& team() { return team_; }
  std::size_t mappedBytes() const { return solver_->mappedBytes(); }

 private:
  Team team_;
  std::unique_ptr<Solver> solver_;
};

/// Kernels, and the grids of their coefficients, that this shape asks for.
Psf psfOf(const Napi::Object& object, const SolverShape& shape) {
  const std::size_t kernel = static_cast<std::size_t>(2 * shape.radiusX + 1) * (2 * shape.radiusY + 1);
  Psf psf{.kernels = arrayOf<double>(object, "kernels", kernel * shape.modes).data(),
          .coefficients = nullptr,
          .gridRows = intOf(object, "gridRows"),
          .gridColumns = intOf(object, "gridColumns")};
  if (shape.modes == 1) return psf;
  if (psf.gridRows < 1 || psf.gridColumns < 1) {
    throw toError(object.Env(), {StatusCode::kInternal, "a grid of coefficients has no nodes"});
  }
  const std::size_t nodes = static_cast<std::size_t>(psf.gridRows) * psf.gridColumns * shape.modes;
  psf.coefficients = arrayOf<float>(object, "coefficients", nodes).data();
  return psf;
}

class SolverHandle : public Handle<SolverHandle, OwnedSolver> {
 public:
  static constexpr const char* kName = "solver";

  using Handle::Handle;

  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "NativeSolver",
                       {mappedBytesProperty(), method<&SolverHandle::setPsf>("setPsf"),
                        method<&SolverHandle::configure>("configure"), method<&SolverHandle::load>("load"),
                        method<&SolverHandle::fitSignal>("fitSignal"), method<&SolverHandle::step>("step"),
                        method<&SolverHandle::store>("store"), method<&SolverHandle::blend>("blend"), disposeMethod()});
  }

 private:
  Solver& idleSolver(const Napi::CallbackInfo& info) { return idle(info.Env()).solver(); }

  PartSize tileOf(const Napi::CallbackInfo& info) {
    const SolverShape& shape = idleSolver(info).shape();
    return {shape.width, shape.height};
  }

  Napi::Value setPsf(const Napi::CallbackInfo& info) {
    const Napi::Object object = asObject(info[0], "psf");
    const Psf psf = psfOf(object, idleSolver(info).shape());
    return call(
        info, 1, {object.Get("kernels"), object.Get("coefficients")},
        [psf](OwnedSolver& owned) { return owned.solver().setPsf(psf); }, toUndefined);
  }

  Napi::Value configure(const Napi::CallbackInfo& info) {
    idleSolver(info).configure(solverSettingsOf(asObject(info[0], "settings")));
    return info.Env().Undefined();
  }

  Napi::Value load(const Napi::CallbackInfo& info) {
    const Napi::Object object = asObject(info[0], "source");
    const SolverShape& shape = idleSolver(info).shape();
    const SourceWindow source = windowOf<const void>(object, tileOf(info));
    requireType(info.Env(), "samples", source.type == shape.samples, "array of the type that the solver is for");
    const ValidMask valid = maskOf(object, tileOf(info), info[1]);
    auto report = std::make_shared<LoadReport>();
    const auto compute = [=](OwnedSolver& owned) { return owned.solver().load(source, valid, *report); };
    const auto convert = [report](Napi::Env env) {
      return toObject(env, {{"validPixels", static_cast<double>(report->validPixels)},
                            {"mean", report->mean},
                            {"minimum", report->minimum},
                            {"maximum", report->maximum},
                            {"residual", report->residual}});
    };
    return call(info, 2, {object.Get("samples"), info[1]}, compute, convert);
  }

  Napi::Value fitSignal(const Napi::CallbackInfo& info) {
    const double sigma = info[0].As<Napi::Number>();
    const SignalPrior prior = signalPriorOf(info[1]);
    auto fit = std::make_shared<SignalFit>();
    const auto compute = [=](OwnedSolver& owned) { return owned.solver().fitSignal(sigma, prior, *fit); };
    const auto convert = [fit](Napi::Env env) {
      return toObject(env, {{"nsr", fit->nsr}, {"exponent", fit->exponent}});
    };
    return call(info, 2, {}, compute, convert);
  }

  Napi::Value step(const Napi::CallbackInfo& info) {
    auto report = std::make_shared<StepReport>();
    const auto compute = [report](OwnedSolver& owned) { return owned.solver().step(*report); };
    const auto convert = [report](Napi::Env env) {
      return toObject(env, {{"residual", report->residual}, {"change", report->change}, {"energy", report->energy}});
    };
    return call(info, 0, {}, compute, convert);
  }

  Napi::Value store(const Napi::CallbackInfo& info) {
    const Napi::Object object = asObject(info[0], "target");
    const TargetWindow target = windowOf<void>(object, tileOf(info));
    return call(
        info, 1, {object.Get("samples")}, [target](OwnedSolver& owned) { return owned.solver().store(target); },
        toUndefined);
  }

  Napi::Value blend(const Napi::CallbackInfo& info) {
    const Napi::Object object = asObject(info[0], "target");
    const BlendWindow target = blendWindowOf(object, tileOf(info));
    return call(
        info, 1, {object.Get("plane"), object.Get("rowWeights"), object.Get("columnWeights")},
        [target](OwnedSolver& owned) { return owned.solver().blend(target); }, toUndefined);
  }
};

Napi::Value createSolver(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const SolverShape shape = solverShapeOf(asObject(info[0], "shape"));
  const RegisteredIsa& isa = isaNamed(info[1]);
  auto owned = std::make_unique<OwnedSolver>(shape.threads);
  const Status status = owned->create(shape, isa);
  if (!status.ok()) throw toError(env, status);
  return SolverHandle::make(env.GetInstanceData<InstanceData>()->solverClass, std::move(owned));
}

Napi::Value planSolver(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const SolverPlan plan = perifocal::planSolver(solverShapeOf(asObject(info[0], "shape")));
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

/// A plane of blended tiles, to the frame.
Napi::Value storePlane(const Napi::CallbackInfo& info) {
  const PartSize size{intOf(info[1]), intOf(info[2])};
  const TargetWindow target = windowOf<void>(asObject(info[3], "target"), size);
  const float* plane = asArray<float>(info[0], "plane", static_cast<std::size_t>(size.width) * size.height).data();
  for (int y = 0; y < size.height; ++y) {
    storeRow(plane + static_cast<std::ptrdiff_t>(y) * size.width, target, y, size.width);
  }
  return info.Env().Undefined();
}

}  // namespace

void addSolver(Napi::Object& exports, InstanceData& data) {
  data.solverClass = Napi::Persistent(SolverHandle::define(exports.Env()));
  addFunction<planSolver>(exports, "planSolver");
  addFunction<createSolver>(exports, "createSolver");
  addFunction<storePlane>(exports, "storePlane");
}

}  // namespace perifocal::addon
