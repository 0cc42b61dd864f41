#include "addon/solver_shape.h"

#include <string>

#include "addon/arguments.h"

namespace perifocal::addon {
namespace {

DeconvolutionMethod methodOf(const Napi::Value& name) {
  return wordOf<DeconvolutionMethod>(name, "method",
                                     {{"wiener", DeconvolutionMethod::kWiener},
                                      {"richardson-lucy", DeconvolutionMethod::kRichardsonLucy},
                                      {"hyper-laplacian", DeconvolutionMethod::kHyperLaplacian}});
}

Acceleration accelerationOf(const Napi::Value& name) {
  return wordOf<Acceleration>(name, "acceleration",
                              {{"none", Acceleration::kNone},
                               {"biggs-andrews", Acceleration::kBiggsAndrews},
                               {"heavy-ball", Acceleration::kHeavyBall}});
}

Boundary boundaryOf(const Napi::Value& name) {
  return wordOf<Boundary>(name, "boundary",
                          {{"bertero", Boundary::kBertero},
                           {"reflect", Boundary::kReflect},
                           {"replicate", Boundary::kReplicate},
                           {"periodic", Boundary::kPeriodic}});
}

SampleType sampleTypeOf(const Napi::Value& bits) {
  switch (intOf(bits)) {
    case 8: return SampleType::kUint8;
    case 16: return SampleType::kUint16;
    case 32: return SampleType::kFloat32;
  }
  throwUnknownWord(bits.Env(), "number of bits", bits.ToString());
}

}  // namespace

SolverShape solverShapeOf(const Napi::Object& object) {
  return {.method = methodOf(object.Get("method")),
          .width = intOf(object, "width"),
          .height = intOf(object, "height"),
          .radiusX = intOf(object, "radiusX"),
          .radiusY = intOf(object, "radiusY"),
          .symmetric = flagOf(object, "symmetric"),
          .modes = intOf(object, "modes"),
          .boundary = boundaryOf(object.Get("boundary")),
          .samples = sampleTypeOf(object.Get("sampleBits")),
          .acceleration = accelerationOf(object.Get("acceleration")),
          .totalVariation = flagOf(object, "totalVariation"),
          .masked = flagOf(object, "masked"),
          .threads = threadsOf(object),
          .guarded = flagOf(object, "guarded")};
}

SolverSettings solverSettingsOf(const Napi::Object& object) {
  return {.offset = floatOf(object, "offset"),
          .saturation = floatOf(object, "saturation"),
          .totalVariation = floatOf(object, "totalVariation"),
          .damping = floatOf(object, "damping"),
          .startFlat = wordOf<bool>(object.Get("start"), "start", {{"flat", true}, {"observed", false}}),
          .lambda = floatOf(object, "lambda"),
          .alpha = floatOf(object, "alpha"),
          .prior = signalPriorOf(object.Get("prior")),
          .nsr = floatOf(object, "nsr"),
          .exponent = floatOf(object, "exponent")};
}

SignalPrior signalPriorOf(const Napi::Value& name) {
  return wordOf<SignalPrior>(
      name, "prior",
      {{"flat", SignalPrior::kFlat}, {"gradient", SignalPrior::kGradient}, {"power-law", SignalPrior::kPowerLaw}});
}

}  // namespace perifocal::addon
