// What finds samples that no blurred scene can have.
#include "deconvolution/defects.h"

#include "addon/arguments.h"
#include "addon/module.h"
#include "addon/pool.h"
#include "addon/results.h"
#include "addon/task.h"
#include "addon/windows.h"

namespace perifocal::addon {
namespace {

DefectRequest requestOf(const Napi::Object& object, const DeconvolutionKernels& kernels) {
  const PartSize size{intOf(object, "width"), intOf(object, "height")};
  constexpr std::size_t kTaps = Prediction::kSide * Prediction::kSide;
  return {.window = windowOf<void>(objectOf(object, "window"), size),
          .width = size.width,
          .height = size.height,
          .prediction = {.weights = arrayOf<float>(object, "weights", kTaps).data(),
                         .spreadShares = arrayOf<float>(object, "spreadShares", Prediction::kSpreads).data(),
                         .width = intOf(object, "pointWidth"),
                         .height = intOf(object, "pointHeight"),
                         .stepRatio = floatOf(object, "stepRatio")},
          .kernels = &kernels,
          .step = floatOf(object, "step"),
          .low = floatOf(object, "low"),
          .high = floatOf(object, "high"),
          .valid = arrayOf<std::uint8_t>(object, "valid", static_cast<std::size_t>(size.width) * size.height).data()};
}

Napi::Value findDefects(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "request");
  const DefectRequest request = requestOf(object, *isaNamed(info[1]).deconvolution);
  const int threads = threadsOf(object);
  auto counts = std::make_shared<DefectCounts>();
  const auto compute = [=](Ticket& ticket) {
    Team team(threads, &ticket);
    *counts = perifocal::findDefects(request, team);
    return team.status();
  };
  const auto convert = [counts](Napi::Env env) {
    Napi::Object found = toObject(env, {{"clipped", static_cast<double>(counts->clipped)},
                                        {"hot", static_cast<double>(counts->hot)},
                                        {"dead", static_cast<double>(counts->dead)},
                                        {"columns", static_cast<double>(counts->columns)},
                                        {"lines", static_cast<double>(counts->lines)},
                                        {"stuck", static_cast<double>(counts->stuck)}});
    found.Set("tooMany", counts->tooMany);
    return found;
  };
  const std::vector<Napi::Value> pinned{objectOf(object, "window").Get("samples"), object.Get("weights"),
                                        object.Get("spreadShares"), object.Get("valid")};
  return start(info.Env(), ticketOf(info, 2), {pinned, compute, convert, nullptr});
}

Napi::Value defectScratchBytes(const Napi::CallbackInfo& info) {
  const std::size_t bytes = perifocal::defectScratchBytes(intOf(info[0]), intOf(info[1]), intOf(info[2]));
  return Napi::Number::New(info.Env(), static_cast<double>(bytes));
}

}  // namespace

void addDefects(Napi::Object& exports) {
  addFunction<findDefects>(exports, "findDefects");
  addFunction<defectScratchBytes>(exports, "defectScratchBytes");
}

}  // namespace perifocal::addon
