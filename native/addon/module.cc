#include "addon/module.h"

namespace perifocal::addon {

Napi::Object addAll(Napi::Env env, Napi::Object exports) {
  auto* data = new InstanceData;
  env.SetInstanceData(data);
  addRuntime(exports, *data);
  addNetwork(exports, *data);
  addSolver(exports, *data);
  addDefects(exports);
  addFft(exports, *data);
  addEstimation(exports);
  addMetrics(exports);
  addStars(exports);
  addStarIndex(exports, *data);
  addSystem(exports);
  addVideo(exports);
  addDiagnostics(exports);
  return exports;
}

}  // namespace perifocal::addon
