#include "addon/windows.h"

#include "addon/convert.h"

namespace perifocal::addon {
namespace {

float floatOf(const Napi::Object& object, const char* key) { return object.Get(key).As<Napi::Number>().FloatValue(); }
bool flagOf(const Napi::Object& object, const char* key) { return object.Get(key).ToBoolean().Value(); }

DeconvolutionMethod methodNamed(const std::string& name) {
  if (name == "wiener") return DeconvolutionMethod::kWiener;
  return name == "hyper-laplacian" ? DeconvolutionMethod::kHyperLaplacian : DeconvolutionMethod::kRichardsonLucy;
}

Acceleration accelerationNamed(const std::string& name) {
  if (name == "biggs-andrews") return Acceleration::kBiggsAndrews;
  return name == "heavy-ball" ? Acceleration::kHeavyBall : Acceleration::kNone;
}

Boundary boundaryNamed(const std::string& name) {
  if (name == "bertero") return Boundary::kBertero;
  if (name == "reflect") return Boundary::kReflect;
  return name == "replicate" ? Boundary::kReplicate : Boundary::kPeriodic;
}

SampleType sampleTypeOf(int bits) {
  return bits == 8 ? SampleType::kUint8 : bits == 16 ? SampleType::kUint16 : SampleType::kFloat32;
}

/// Pixels of the frame before the first of a part.
std::ptrdiff_t pixelsBefore(const Napi::Object& window) {
  return static_cast<std::ptrdiff_t>(intOf(window, "top")) * intOf(window, "frameWidth") + intOf(window, "left");
}

}  // namespace

SampleType sampleTypeOf(const Napi::TypedArray& samples) {
  switch (samples.TypedArrayType()) {
    case napi_uint16_array: return SampleType::kUint16;
    case napi_float32_array: return SampleType::kFloat32;
    default: return SampleType::kUint8;
  }
}

std::byte* bytesOf(const Napi::TypedArray& array) {
  return static_cast<std::byte*>(array.ArrayBuffer().Data()) + array.ByteOffset();
}

SolverShape solverShapeOf(const Napi::Object& object) {
  return {.method = methodNamed(textOf(object, "method")),
          .width = intOf(object, "width"),
          .height = intOf(object, "height"),
          .radiusX = intOf(object, "radiusX"),
          .radiusY = intOf(object, "radiusY"),
          .symmetric = flagOf(object, "symmetric"),
          .modes = intOf(object, "modes"),
          .boundary = boundaryNamed(textOf(object, "boundary")),
          .samples = sampleTypeOf(intOf(object, "sampleBits")),
          .acceleration = accelerationNamed(textOf(object, "acceleration")),
          .totalVariation = flagOf(object, "totalVariation"),
          .masked = flagOf(object, "masked"),
          .threads = intOf(object, "threads")};
}

SolverSettings solverSettingsOf(const Napi::Object& object) {
  return {.offset = floatOf(object, "offset"),
          .saturation = floatOf(object, "saturation"),
          .totalVariation = floatOf(object, "totalVariation"),
          .damping = floatOf(object, "damping"),
          .startFlat = textOf(object, "start") == "flat",
          .lambda = floatOf(object, "lambda"),
          .alpha = floatOf(object, "alpha"),
          .prior = signalPriorNamed(textOf(object, "prior")),
          .nsr = floatOf(object, "nsr"),
          .exponent = floatOf(object, "exponent")};
}

SignalPrior signalPriorNamed(const std::string& name) {
  if (name == "flat") return SignalPrior::kFlat;
  return name == "power-law" ? SignalPrior::kPowerLaw : SignalPrior::kGradient;
}

template <class T>
SampleWindow<T> windowOf(const Napi::Object& object) {
  const auto samples = object.Get("samples").As<Napi::TypedArray>();
  const SampleType type = sampleTypeOf(samples);
  const int channels = intOf(object, "channels");
  const std::ptrdiff_t first = pixelsBefore(object) * channels + intOf(object, "channel");
  return {bytesOf(samples) + first * static_cast<std::ptrdiff_t>(sampleBytes(type)), type, channels,
          static_cast<std::ptrdiff_t>(intOf(object, "frameWidth")) * channels};
}

template SampleWindow<const void> windowOf(const Napi::Object& object);
template SampleWindow<void> windowOf(const Napi::Object& object);

ValidMask maskOf(const Napi::Object& window, const Napi::Value& mask) {
  if (!mask.IsTypedArray()) return {};
  return {reinterpret_cast<const std::uint8_t*>(bytesOf(mask.As<Napi::TypedArray>())) + pixelsBefore(window),
          intOf(window, "frameWidth")};
}

BlendWindow blendWindowOf(const Napi::Object& object) {
  const std::ptrdiff_t width = intOf(object, "planeWidth");
  return {object.Get("plane").As<Napi::Float32Array>().Data() + intOf(object, "top") * width + intOf(object, "left"),
          width, object.Get("rowWeights").As<Napi::Float32Array>().Data(),
          object.Get("columnWeights").As<Napi::Float32Array>().Data()};
}

}  // namespace perifocal::addon
