#include "addon/module.h"

namespace {

Napi::Object start(Napi::Env env, Napi::Object exports) {
  using namespace perifocal::addon;
  auto* data = new InstanceData;
  env.SetInstanceData(data);
  addRuntime(exports, *data);
  addNetwork(exports, *data);
  addSolver(exports, *data);
  addFft(exports, *data);
  addEstimation(exports);
  addMetrics(exports);
  addStars(exports);
  addDiagnostics(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(perifocal, start)
