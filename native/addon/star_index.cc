// Catalogues made ready, and frames identified with them. lib/runtime/native/star-index.ts explains every field.
#include <algorithm>
#include <cmath>
#include <utility>

#include "addon/arguments.h"
#include "addon/handle.h"
#include "addon/module.h"
#include "addon/results.h"
#include "stars/identify.h"

namespace perifocal::addon {
namespace {

IndexShape indexShapeOf(const Napi::Value& value) {
  const Napi::Object object = asObject(value, "shape");
  IndexShape shape{static_cast<std::size_t>(intOf(object, "stars")), {}};
  const Napi::Array tiers = listOf(object, "tiers");
  for (std::uint32_t i = 0; i < tiers.Length(); ++i) {
    const Napi::Object tier = asObject(tiers.Get(i), "tier");
    shape.tiers.push_back({numberOf(tier, "narrowest"), numberOf(tier, "widest"), intOf(tier, "capacity")});
  }
  return shape;
}

Vector3 vectorOf(const Napi::Object& object, const char* key) {
  const std::span<const double> values = arrayOf<double>(object, key, 3);
  return {values[0], values[1], values[2]};
}

SeenField fieldOf(const Napi::Object& object) {
  SeenField field{
      .stars = {},
      .left = numberOf(object, "left"),
      .right = numberOf(object, "right"),
      .top = numberOf(object, "top"),
      .bottom = numberOf(object, "bottom"),
      .magnitudeSigma = numberOf(object, "magnitudeSigma"),
      .velocity = vectorOf(object, "velocity"),
      .lens = numberOf(object, "lens"),
      .prior = {numberOf(object, "scaleSigma"), numberOf(object, "centreSigma"), numberOf(object, "bendSigma")}};
  const std::size_t count = 6 * static_cast<std::size_t>(intOf(object, "count"));
  const std::span<const double> numbers = arrayOf<double>(object, "stars", count);
  for (std::size_t i = 0; i < count; i += 6) {
    field.stars.push_back({numbers[i], numbers[i + 1], numbers[i + 2], numbers[i + 3], numbers[i + 4], numbers[i + 5]});
  }
  return field;
}

IdentifyRequest requestOf(const Napi::Value& value) {
  const Napi::Object object = asObject(value, "request");
  return {.field = fieldOf(object),
          .lowScale = numberOf(object, "lowScale"),
          .highScale = numberOf(object, "highScale"),
          .tryUpright = flagOf(object, "tryUpright"),
          .tryMirrored = flagOf(object, "tryMirrored"),
          .falsePositive = numberOf(object, "falsePositive"),
          .mostHypotheses = static_cast<std::int64_t>(numberOf(object, "mostHypotheses")),
          .seconds = numberOf(object, "seconds")};
}

Expectation expectationOf(const Napi::Value& value) {
  const Napi::Object object = asObject(value, "expected");
  Expectation expected{{}, {}, numberOf(object, "zero")};
  std::ranges::copy(arrayOf<double>(object, "rotation", 9).first(9), expected.rotation.begin());
  std::ranges::copy(arrayOf<double>(object, "covariance", 9).first(9), expected.covariance.begin());
  return expected;
}

const char* nameOf(IdentifyEnd end) {
  switch (end) {
    case IdentifyEnd::kSolved: return "solved";
    case IdentifyEnd::kTooFew: return "too-few";
    case IdentifyEnd::kNothingFits: return "nothing-fits";
    case IdentifyEnd::kAmbiguous: return "ambiguous";
    case IdentifyEnd::kHypotheses: return "hypotheses";
    case IdentifyEnd::kTime: return "time";
  }
  return "nothing-fits";
}

Napi::Value toIdentification(Napi::Env env, const Identification& found) {
  const auto& [pose, fit, matches, logChance] = found.solution;
  Napi::Object result = toObject(env, {{"hypotheses", static_cast<double>(found.hypotheses)},
                                       {"logFalseAlarm", found.logFalseAlarm},
                                       {"scale", pose.scale},
                                       {"scaleSigma", fit.scaleSigma},
                                       {"centreU", pose.centreU},
                                       {"centreV", pose.centreV},
                                       {"bend", pose.bend},
                                       {"chi2", fit.chi2}});
  result.Set("end", nameOf(found.end));
  result.Set("isMirrored", found.isMirrored);
  result.Set("rotation", toArray(env, {pose.rotation.begin(), pose.rotation.end()}));
  result.Set("covariance", toArray(env, {fit.covariance.begin(), fit.covariance.end()}));
  std::vector<double> pairs;
  for (const auto& [seen, known] : matches) {
    pairs.push_back(seen);
    pairs.push_back(known);
  }
  result.Set("matches", toArray(env, pairs));
  return result;
}

class StarIndexHandle : public Handle<StarIndexHandle, SkyIndex> {
 public:
  static constexpr const char* kName = "index of stars";

  using Handle::Handle;

  static Napi::Function define(Napi::Env env) {
    return DefineClass(
        env, "NativeStarIndex",
        {method<&StarIndexHandle::identify>("identify"), method<&StarIndexHandle::follow>("follow"), disposeMethod()});
  }

 private:
  Napi::Value identify(const Napi::CallbackInfo& info) {
    auto found = std::make_shared<Identification>();
    const auto compute = [found, request = requestOf(info[0])](SkyIndex& index) {
      *found = identifyStars(index, request, index.team());
      return index.team().status();
    };
    return call(info, 1, {}, compute, [found](Napi::Env env) { return toIdentification(env, *found); });
  }

  Napi::Value follow(const Napi::CallbackInfo& info) {
    auto found = std::make_shared<Identification>();
    const auto compute = [found, request = requestOf(info[0]), expected = expectationOf(info[1])](SkyIndex& index) {
      *found = followStars(index, request, expected);
      return index.team().status();
    };
    return call(info, 2, {}, compute, [found](Napi::Env env) { return toIdentification(env, *found); });
  }
};

Napi::Value planStarIndex(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(SkyIndex::mappedBytes(indexShapeOf(info[0]))));
}

/// Reads the arrays in the background.
Napi::Value createStarIndex(const Napi::CallbackInfo& info) {
  const IndexShape shape = indexShapeOf(info[0]);
  const std::span<const double> directions = asArray<double>(info[1], "directions", 3 * shape.stars);
  const std::span<const float> magnitudes = asArray<float>(info[2], "magnitudes", shape.stars);
  auto made = std::make_shared<std::unique_ptr<SkyIndex>>();
  const auto compute = [=](Ticket& ticket) {
    return SkyIndex::create(shape, directions.first(3 * shape.stars), magnitudes.first(shape.stars), ticket, *made);
  };
  const auto convert = [made](Napi::Env env) {
    return StarIndexHandle::make(env.GetInstanceData<InstanceData>()->starIndexClass, std::move(*made));
  };
  return start(info.Env(), ticketOf(info, 3), {{info[1], info[2]}, compute, convert, nullptr});
}

}  // namespace

void addStarIndex(Napi::Object& exports, InstanceData& data) {
  data.starIndexClass = Napi::Persistent(StarIndexHandle::define(exports.Env()));
  addFunction<planStarIndex>(exports, "planStarIndex");
  addFunction<createStarIndex>(exports, "createStarIndex");
}

}  // namespace perifocal::addon
