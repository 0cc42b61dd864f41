// The arguments of solvers as native ones; lib/native/solver.ts explains them.
#pragma once

#include <napi.h>

#include <string>

#include "deconvolution/shape.h"

namespace perifocal::addon {

SolverShape solverShapeOf(const Napi::Object& object);
SolverSettings solverSettingsOf(const Napi::Object& object);
SignalPrior signalPriorNamed(const std::string& name);

SampleType sampleTypeOf(const Napi::TypedArray& samples);
/// The first byte that a typed array shows.
std::byte* bytesOf(const Napi::TypedArray& array);

/// T is const void or void.
template <class T>
SampleWindow<T> windowOf(const Napi::Object& object);
/// Of the same part of the frame; `mask` is a typed array or null.
ValidMask maskOf(const Napi::Object& window, const Napi::Value& mask);
BlendWindow blendWindowOf(const Napi::Object& object);

}  // namespace perifocal::addon
