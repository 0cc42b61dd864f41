// Shapes and settings of solvers; lib/runtime/native/solver.ts explains them.
#pragma once

#include <napi.h>

#include "deconvolution/shape.h"

namespace perifocal::addon {

SolverShape solverShapeOf(const Napi::Object& object);
SolverSettings solverSettingsOf(const Napi::Object& object);
SignalPrior signalPriorOf(const Napi::Value& name);

}  // namespace perifocal::addon
