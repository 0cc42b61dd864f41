// The graph against published counts, and the loader against files that lie.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <tuple>

#include "checks/check.h"
#include "checks/random_model.h"
#include "isa/registry.h"
#include "network/model.h"
#include "streaming/memory_plan.h"

namespace perifocal::checks {
namespace {

std::int64_t parametersOf(const NetworkShape& shape) {
  std::int64_t total = 0;
  for (const LayerSpec& layer : layersOf(shape)) {
    total += static_cast<std::int64_t>(layer.inputChannels()) * layer.out * layer.kernel * layer.kernel + layer.out;
  }
  return total;
}

/// Published totals less the two training-only heads (5,190 parameters at base 32; 648 MAC per pixel).
void checkCounts(Context& context) {
  context.expect(parametersOf({8, 32}) == 6807171 - 5190, "parameters of MIMO-UNet");
  context.expect(parametersOf({20, 32}) == 16107651 - 5190, "parameters of MIMO-UNet+");
  const int side = 256;
  // The concat is split by scale: 10,752 -> 3,840 MAC per pixel for the 1x1 fusions.
  const std::int64_t perPixel = macsOf(buildGraph({8, 32}), side, side) / (side * side);
  context.expect(perPixel == 972486 - 648 - (10752 - 3840), "MACs per pixel are " + std::to_string(perPixel));
}

/// Largest |output row - input row| that the row maps reach, walking back from the output.
void checkReceptiveField(Context& context) {
  for (const auto& [n, above, below] : {std::tuple{8, 241, 238}, std::tuple{20, 577, 574}}) {
    const Graph graph = buildGraph({n, 4});
    const int height = 4000;
    int worstAbove = 0, worstBelow = 0;
    for (int row = 2000; row < 2004; ++row) {
      std::vector<int> first(graph.tensors.size(), height), last(graph.tensors.size(), -1);
      for (auto stage = graph.stages.rbegin(); stage != graph.stages.rend(); ++stage) {
        int low = stage == graph.stages.rbegin() ? row : height, high = stage == graph.stages.rbegin() ? row : -1;
        for (int tensor : {stage->codes, stage->trunk, stage->partial}) {
          if (tensor < 0) continue;
          low = std::min(low, first[tensor]);
          high = std::max(high, last[tensor]);
        }
        for (const StageInput& input : stage->inputs) {
          for (int r = low; r <= high; ++r) {
            first[input.tensor] = std::min(first[input.tensor], input.map.first(r));
            last[input.tensor] = std::max(last[input.tensor], input.map.last(r));
          }
        }
      }
      worstAbove = std::max(worstAbove, row - first[0]);
      worstBelow = std::max(worstBelow, last[0] - row);
    }
    context.expect(worstAbove == above && worstBelow == below, "n " + std::to_string(n) + " reaches " +
                                                                   std::to_string(worstAbove) + " above and " +
                                                                   std::to_string(worstBelow) + " below");
  }
}

Status tryBuild(RandomModel& model) {
  std::unique_ptr<Model> built;
  return Model::build(model.shape(), model.tensors(), *findIsa("scalar")->kernels, {}, Team(1), built);
}

void expectRejected(Context& context, const std::string& key, const std::function<void(FileTensors&)>& damage) {
  RandomModel model({1, 4}, 1);
  damage(model.tensors());
  const Status status = tryBuild(model);
  context.expect(status.code() == StatusCode::kModelInvalid, "a damaged '" + key + "' was accepted");
  context.expect(status.message().find(key) != std::string::npos, "the message lacks the key: " + status.message());
}

/// Replaces the first element of a tensor.
template <class T>
std::function<void(FileTensors&)> withFirst(const std::string& key, T value) {
  return [=](FileTensors& tensors) {
    static std::vector<std::byte> bytes;
    FileTensor& tensor = tensors.at(key);
    bytes.assign(tensor.data.begin(), tensor.data.end());
    std::memcpy(bytes.data(), &value, sizeof value);
    tensor.data = bytes;
  };
}

void checkBadModels(Context& context) {
  const std::string conv = "Encoder.0.layers.0.main.0.main.0";
  RandomModel good({1, 4}, 1);
  context.expect(tryBuild(good).ok(), "a good model was refused: " + tryBuild(good).message());
  expectRejected(context, conv + ".weight", [&](FileTensors& t) { t.erase(conv + ".weight"); });
  expectRejected(context, conv + ".weight", [&](FileTensors& t) { t[conv + ".weight"].shape[0] = 5; });
  expectRejected(context, conv + ".weight", withFirst<std::int8_t>(conv + ".weight", -128));
  expectRejected(context, conv + ".bias", [&](FileTensors& t) { t[conv + ".bias"].data = {}; });
  expectRejected(context, conv + ".bias", [&](FileTensors& t) { t[conv + ".bias"].type = FileTensor::Type::kF32; });
  for (float bad : {0.0f, -1.0f, std::numeric_limits<float>::infinity(), std::nanf("")}) {
    expectRejected(context, conv + ".output_scale", withFirst<float>(conv + ".output_scale", bad));
    expectRejected(context, "Encoder.1.trunk_scale", withFirst<float>("Encoder.1.trunk_scale", bad));
  }
  expectRejected(context, conv + ".input_zero_point", withFirst<std::int32_t>(conv + ".input_zero_point", 128));
  expectRejected(context, conv, withFirst<std::int32_t>(conv + ".bias", std::numeric_limits<std::int32_t>::max()));
  expectRejected(context, "Encoder.0", withFirst<float>(conv + ".input_scale", 0.5f));
  expectRejected(context, "Decoder.0.trunk_scale", withFirst<float>("Decoder.0.trunk_scale", 0.5f));
  expectRejected(context, "feat_extract.5", withFirst<float>("feat_extract.5.main.0.output_scale", 0.5f));
}

/// One ring per tensor would take 136.6 MiB (int16 trunk with its 8-bit copies, n=20, width 2048); slots shared by all
/// tensors must stay below it.
void checkMemory(Context& context) {
  const KernelLayout& layout = findIsa("scalar")->kernels->layout;
  const auto bytes = [&](int n, int base, int width, int height, int threads = 1) {
    return planMemory(buildGraph({n, base}), {width, height, false, threads, 16}, layout).arenaBytes;
  };
  const std::size_t plus = bytes(20, 32, 2048, 1536);
  context.expect(static_cast<double>(plus) < 125.0 * (1 << 20), "n 20 needs " + std::to_string(plus) + " bytes");
  // Scratch, and rows of slack, so that no thread waits for another.
  const std::size_t more = bytes(20, 32, 2048, 1536, 3) - plus;
  context.expect(more < 24 << 20, "two more threads need " + std::to_string(more) + " bytes");
  context.expect(bytes(20, 32, 1536, 2048) < plus * 4 / 5, "streaming along the long side does not save memory");
  context.expect(bytes(8, 16, 2048, 8192) == bytes(8, 16, 2048, 1536), "memory grows with the number of rows");
}

}  // namespace

std::vector<Check> networkChecks() {
  return {{"parameters and MACs match the published counts", checkCounts},
          {"the receptive field matches the published radius", checkReceptiveField},
          {"damaged models are refused by key", checkBadModels},
          {"memory depends on the width alone and fits", checkMemory}};
}

}  // namespace perifocal::checks
