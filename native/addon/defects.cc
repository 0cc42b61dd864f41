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

/// Of every cluster: the number of its members, their places, the inverse, the shares.
constexpr std::size_t kClusterFloats = 1 + 2 * Cluster::kMost + Cluster::kMost * Cluster::kMost + 2;

Cluster clusterOf(const float* values) {
  Cluster cluster{};
  cluster.count = static_cast<int>(*values++);
  for (int i = 0; i < Cluster::kMost; ++i) {
    cluster.x[i] = static_cast<int>(*values++);
    cluster.y[i] = static_cast<int>(*values++);
  }
  for (auto& row : cluster.inverse) {
    for (float& element : row) element = *values++;
  }
  cluster.spreadShare = values[0];
  cluster.aloneShare = values[1];
  return cluster;
}

std::shared_ptr<std::vector<Cluster>> clustersOf(const Napi::Object& object) {
  const float* values = arrayOf<float>(object, "clusters", Prediction::kClusters * kClusterFloats).data();
  auto clusters = std::make_shared<std::vector<Cluster>>();
  for (int i = 0; i < Prediction::kClusters; ++i) clusters->push_back(clusterOf(values + i * kClusterFloats));
  return clusters;
}

DefectRequest requestOf(const Napi::Object& object, const std::vector<Cluster>& clusters,
                        const DeconvolutionKernels& kernels) {
  const PartSize size{intOf(object, "width"), intOf(object, "height")};
  constexpr std::size_t kTaps = Prediction::kSide * Prediction::kSide;
  return {.window = windowOf<void>(objectOf(object, "window"), size),
          .width = size.width,
          .height = size.height,
          .prediction = {.weights = arrayOf<float>(object, "weights", kTaps).data(),
                         .clusters = clusters.data(),
                         .width = intOf(object, "pointWidth"),
                         .height = intOf(object, "pointHeight"),
                         .stepRatio = floatOf(object, "stepRatio"),
                         .columnStepRatio = floatOf(object, "columnStepRatio")},
          .kernels = &kernels,
          .step = floatOf(object, "step"),
          .low = floatOf(object, "low"),
          .high = floatOf(object, "high"),
          .countFrom = intOf(object, "countFrom"),
          .countTo = intOf(object, "countTo"),
          .valid = arrayOf<std::uint8_t>(object, "valid", static_cast<std::size_t>(size.width) * size.height).data()};
}

Napi::Value findDefects(const Napi::CallbackInfo& info) {
  const Napi::Object object = asObject(info[0], "request");
  const auto clusters = clustersOf(object);
  const DefectRequest request = requestOf(object, *clusters, *isaNamed(info[1]).deconvolution);
  const int threads = threadsOf(object);
  auto found = std::make_shared<FoundDefects>();
  const auto compute = [=, kept = clusters](Ticket& ticket) {
    Team team(threads, &ticket);
    *found = perifocal::findDefects(request, team);
    return team.status();
  };
  const auto convert = [found](Napi::Env env) {
    const auto& [clipped, hot, dead, columns, lines, stuck] = found->counted;
    Napi::Object object = toObject(env, {{"clipped", static_cast<double>(clipped)},
                                         {"hot", static_cast<double>(hot)},
                                         {"dead", static_cast<double>(dead)},
                                         {"columns", static_cast<double>(columns)},
                                         {"lines", static_cast<double>(lines)},
                                         {"stuck", static_cast<double>(stuck)}});
    const DefectCounts& all = found->all;
    object.Set("clippedAnywhere", all.clipped > 0);
    object.Set("anywhere", all.clipped + all.hot + all.dead + all.stuck > 0);
    object.Set("tooMany", found->tooMany);
    return object;
  };
  const std::vector<Napi::Value> pinned{objectOf(object, "window").Get("samples"), object.Get("weights"),
                                        object.Get("valid")};
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
