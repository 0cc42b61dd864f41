// The addon with a way to make it fail, for tests. Never packed.
#include "addon/arguments.h"
#include "addon/module.h"
#include "faults/strike.h"
#include "isa/registry.h"
#include "testing/allocation_hook.h"

namespace {

Napi::Value failAllocation(const Napi::CallbackInfo& info) {
  perifocal::testing::failAllocation(perifocal::addon::intOf(info[0]));
  return info.Env().Undefined();
}

Napi::Value allocations(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(perifocal::testing::allocations()));
}

/// Gives an instruction set kernels whose registers can be struck; its name, or null where there is none.
Napi::Value strikeRegisters(const Napi::CallbackInfo& info) {
  const perifocal::Kernels* kernels = perifocal::faults::fastStrikingKernels().front();
  const perifocal::RegisteredIsa* isa = perifocal::findIsa(kernels->name);
  if (isa == nullptr || !isa->supported) return info.Env().Null();
  const_cast<perifocal::RegisteredIsa*>(isa)->kernels = kernels;
  return Napi::String::New(info.Env(), kernels->name);
}

/// From now on a bit is wrong in every value that epilogues make, which one decides a number above 0; 0: none is.
Napi::Value stickEpilogues(const Napi::CallbackInfo& info) {
  using namespace perifocal::faults;
  const auto seed = static_cast<std::uint32_t>(perifocal::addon::intOf(info[0]));
  const Strike strike{Site::kEpilogue, kEveryMoment, seed};
  arm({}, std::span(&strike, seed == 0 ? 0 : 1));
  return info.Env().Undefined();
}

Napi::Object start(Napi::Env env, Napi::Object exports) {
  using namespace perifocal::addon;
  addFunction<failAllocation>(exports, "failAllocation");
  addFunction<allocations>(exports, "allocations");
  addFunction<strikeRegisters>(exports, "strikeRegisters");
  addFunction<stickEpilogues>(exports, "stickEpilogues");
  return addAll(env, exports);
}

}  // namespace

NODE_API_MODULE(perifocal_test, start)
