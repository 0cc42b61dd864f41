#include "addon/windows.h"

#include <string>

#include "addon/arguments.h"

namespace perifocal::addon {
namespace {

/// Uint8Array, Uint16Array or Float32Array.
struct Samples {
  std::byte* data;
  SampleType type;
  std::size_t count;
};

Samples samplesOf(const Napi::Object& object, const char* key) {
  const RawArray raw = rawArrayOf(object.Get(key), key);
  const bool isWord = raw.type == napi_uint16_array, isFloat = raw.type == napi_float32_array;
  requireType(object.Env(), key, raw.type == napi_uint8_array || isWord || isFloat,
              "Uint8Array, Uint16Array or Float32Array");
  const SampleType type = isWord ? SampleType::kUint16 : isFloat ? SampleType::kFloat32 : SampleType::kUint8;
  return {static_cast<std::byte*>(raw.data), type, raw.count};
}

void require(Napi::Env env, bool isRight, const std::string& what) {
  if (!isRight) throw toError(env, {StatusCode::kInternal, what});
}

/// A sample of 1.0; 0: the type's full scale.
float whiteOf(const Napi::Object& object) {
  return object.Get("white").IsUndefined() ? 0.0f : floatOf(object, "white");
}

/// Where a part lies in a frame or plane, in its pixels.
struct Place {
  std::ptrdiff_t frameWidth, left, top;
  PartSize size;

  Place(const Napi::Object& object, const char* widthKey, PartSize partSize)
      : frameWidth(intOf(object, widthKey)), left(intOf(object, "left")), top(intOf(object, "top")), size(partSize) {
    const bool isInside =
        left >= 0 && top >= 0 && size.width >= 0 && size.height >= 0 && left + size.width <= frameWidth;
    require(object.Env(), isInside, "a part reaches beyond the rows of its frame");
  }

  std::ptrdiff_t first() const { return top * frameWidth + left; }
  /// Pixels up to the part's last one.
  std::size_t end() const {
    if (size.width == 0 || size.height == 0) return 0;
    return static_cast<std::size_t>((top + size.height - 1) * frameWidth + left + size.width);
  }
};

}  // namespace

template <class T>
SampleWindow<T> windowOf(const Napi::Object& object, PartSize size, int channels) {
  const Place place(object, "frameWidth", size);
  const int perPixel = intOf(object, "channels"), channel = intOf(object, "channel");
  require(object.Env(), channel >= 0 && channels >= 1 && channel + channels <= perPixel, "a channel does not exist");
  const Samples samples = samplesOf(object, "samples");
  requireCount(object.Env(), "samples", samples.count, place.end() * perPixel);
  const std::ptrdiff_t first = place.first() * perPixel + channel;
  return {samples.data + first * static_cast<std::ptrdiff_t>(sampleBytes(samples.type)), samples.type, perPixel,
          place.frameWidth * perPixel, whiteOf(object)};
}

template SampleWindow<const void> windowOf(const Napi::Object& object, PartSize size, int channels);
template SampleWindow<void> windowOf(const Napi::Object& object, PartSize size, int channels);

ValidMask maskOf(const Napi::Object& window, PartSize size, const Napi::Value& mask) {
  if (mask.IsNull() || mask.IsUndefined()) return {};
  const Place place(window, "frameWidth", size);
  return {asArray<std::uint8_t>(mask, "valid", place.end()).data() + place.first(), place.frameWidth};
}

BlendWindow blendWindowOf(const Napi::Object& object, PartSize size) {
  const Place place(object, "planeWidth", size);
  return {arrayOf<float>(object, "plane", place.end()).data() + place.first(), place.frameWidth,
          arrayOf<float>(object, "rowWeights", size.height).data(),
          arrayOf<float>(object, "columnWeights", size.width).data()};
}

FrameView frameOf(const Napi::Object& object) {
  const Samples samples = samplesOf(object, "data");
  const int bands = object.Get("bands").IsUndefined() ? 0 : intOf(object, "bands");
  const FrameView frame{
      samples.data, samples.type,   intOf(object, "width"), intOf(object, "height"), intOf(object, "channels"),
      bands,        whiteOf(object)};
  require(object.Env(), frame.width >= 0 && frame.height >= 0 && frame.channels >= 1 && frame.channels <= 16,
          "a frame has impossible sizes");
  require(object.Env(), frame.bands >= 0 && frame.bands <= frame.channels, "a frame has fewer channels than bands");
  requireCount(object.Env(), "data", samples.count,
               static_cast<std::size_t>(frame.width) * frame.height * frame.channels);
  return frame;
}

}  // namespace perifocal::addon
