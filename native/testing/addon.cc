// The addon with a way to make it fail, for tests. Never packed.
#include "addon/arguments.h"
#include "addon/module.h"
#include "testing/allocation_hook.h"

namespace {

Napi::Value failAllocation(const Napi::CallbackInfo& info) {
  perifocal::testing::failAllocation(perifocal::addon::intOf(info[0]));
  return info.Env().Undefined();
}

Napi::Value allocations(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(perifocal::testing::allocations()));
}

Napi::Object start(Napi::Env env, Napi::Object exports) {
  using namespace perifocal::addon;
  addFunction<failAllocation>(exports, "failAllocation");
  addFunction<allocations>(exports, "allocations");
  return addAll(env, exports);
}

}  // namespace

NODE_API_MODULE(perifocal_test, start)
