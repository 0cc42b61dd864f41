// Parts of frames and planes as native code reads and writes them. Throws ARGUMENT where an array is too short for the
// part that is meant; lib/runtime/native/solver.ts explains the fields.
#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>

#include "deconvolution/shape.h"
#include "image/frame_view.h"

namespace perifocal::addon {

struct PartSize {
  int width, height;
};

/// `channels` adjacent channels of a part, from the window's on. T is const void or void.
template <class T>
SampleWindow<T> windowOf(const Napi::Object& object, PartSize size, int channels = 1);
/// Of the same part of the frame; `mask` is a Uint8Array or null.
ValidMask maskOf(const Napi::Object& window, PartSize size, const Napi::Value& mask);
BlendWindow blendWindowOf(const Napi::Object& object, PartSize size);
/// A whole frame. Its samples are the field `data`.
FrameView frameOf(const Napi::Object& object);

}  // namespace perifocal::addon
