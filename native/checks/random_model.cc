#include "checks/random_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "checks/random.h"
#include "network/graph.h"

namespace perifocal::checks {
namespace {

struct CodeScale {
  float scale;
  std::int32_t zero;
};

constexpr float kTrunkScale = 1.0f / 2048.0f;

/// What the producer of a tensor writes.
CodeScale outputOf(const LayerSpec& layer) {
  if (layer.role == LayerRole::kLast) return {1.0f / 4080.0f, 0};
  if (layer.relu) return {3.0f / 255.0f, -128};
  return {4.0f / 255.0f, static_cast<std::int32_t>(layer.key.size() % 7) - 3};
}

CodeScale inputOf(const Graph& graph, const Tensor& tensor) {
  if (tensor.producer == kImageProducer) return {1.0f / 255.0f, -128};
  if (tensor.producer < kImageProducer) return {5.0f / 255.0f, 2};
  return outputOf(graph.layers[tensor.producer]);
}

/// Scale and zero point of every source of a layer, gathered over the stages that run its parts.
std::vector<CodeScale> sourcesOf(const Graph& graph, int index) {
  const LayerSpec& layer = graph.layers[index];
  std::vector<CodeScale> sources(layer.sources.size());
  for (const Stage& stage : graph.stages) {
    if (stage.layer != index || stage.kind == StageKind::kMultiply) continue;
    int input = 0;
    for (std::size_t s = 0; s < sources.size(); ++s) {
      if (!layer.transposed() && layer.sourceParts[s] != stage.part) continue;
      sources[s] = inputOf(graph, graph.tensors[stage.inputs[input++].tensor]);
    }
  }
  return sources;
}

}  // namespace

template <class T>
void RandomModel::put(const std::string& name, FileTensor::Type type, std::vector<std::int64_t> shape,
                      const std::vector<T>& values) {
  auto& bytes = storage_.emplace_back(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  tensors_[name] = {type, std::move(shape), bytes};
}

RandomModel::RandomModel(const NetworkShape& shape, std::uint64_t seed) : shape_(shape) {
  using Type = FileTensor::Type;
  const Graph graph = buildGraph(shape);
  Random random(seed);
  storage_.reserve(graph.layers.size() * 16);
  for (int i = 0; i < static_cast<int>(graph.layers.size()); ++i) {
    const LayerSpec& layer = graph.layers[i];
    const int in = layer.inputChannels(), k = layer.kernel;
    std::vector<std::int8_t> weights(static_cast<std::size_t>(in) * layer.out * k * k);
    for (auto& w : weights) w = static_cast<std::int8_t>(random.between(-127, 127));
    const double fan = static_cast<double>(in) * (layer.transposed() ? 4 : k * k);
    const double gain = layer.role == LayerRole::kAddTrunk ? 0.3 : layer.role == LayerRole::kLast ? 0.1 : 1.4;
    std::vector<float> weightScale(layer.out);
    for (auto& s : weightScale) s = static_cast<float>(gain / std::sqrt(fan) / 73.0 * (0.7 + 0.6 * random.unit()));
    const auto sources = sourcesOf(graph, i);
    std::vector<float> inputScale;
    std::vector<std::int32_t> inputZero, bias(layer.out);
    for (const CodeScale& source : sources) {
      inputScale.push_back(source.scale);
      inputZero.push_back(source.zero);
    }
    for (auto& b : bias) b = random.between(-3000, 3000);
    const auto first = layer.transposed() ? in : layer.out, second = layer.transposed() ? layer.out : in;
    const auto sourceCount = static_cast<std::int64_t>(sources.size());
    put<std::int8_t>(layer.key + ".weight", Type::kI8, {first, second, k, k}, weights);
    put<float>(layer.key + ".weight_scale", Type::kF32, {layer.out}, weightScale);
    put<std::int32_t>(layer.key + ".bias", Type::kI32, {layer.out}, bias);
    put<float>(layer.key + ".input_scale", Type::kF32, {sourceCount}, inputScale);
    put<std::int32_t>(layer.key + ".input_zero_point", Type::kI32, {sourceCount}, inputZero);
    put<float>(layer.key + ".output_scale", Type::kF32, {1}, {outputOf(layer).scale});
    put<std::int32_t>(layer.key + ".output_zero_point", Type::kI32, {1}, {outputOf(layer).zero});
    if (!layer.trunk.empty()) put<float>(layer.trunk + ".trunk_scale", Type::kF32, {1}, {kTrunkScale});
  }
}

void RandomModel::setBias(const std::string& key, std::int32_t bias) {
  const std::vector<std::int64_t> shape = tensors_.at(key + ".bias").shape;
  put(key + ".bias", FileTensor::Type::kI32, shape,
      std::vector<std::int32_t>(static_cast<std::size_t>(shape[0]), bias));
}

void RandomModel::blind(const std::string& key, int input) {
  const std::vector<std::int64_t> shape = tensors_.at(key + ".weight").shape;
  std::vector<std::int8_t> weights = codes(key + ".weight");
  const std::int64_t each = shape[2] * shape[3];
  for (std::int64_t out = 0; out < shape[0]; ++out) {
    std::fill_n(weights.begin() + (out * shape[1] + input) * each, each, std::int8_t{0});
  }
  put(key + ".weight", FileTensor::Type::kI8, shape, weights);
}

void RandomModel::cancel(int input) {
  for (const LayerSpec& layer : layersOf(shape_)) {
    if (layer.transposed() || layer.kernel != 3 || input >= layer.inputChannels()) continue;
    std::vector<std::int8_t> weights = codes(layer.key + ".weight");
    for (int line = 0; line < 3 * layer.out; ++line) {
      const int out = line / 3, ky = line % 3;
      auto* at = weights.data() + ((static_cast<std::ptrdiff_t>(out) * layer.inputChannels() + input) * 3 + ky) * 3;
      at[1] = 0;
      at[2] = static_cast<std::int8_t>(-at[0]);
    }
    put(layer.key + ".weight", FileTensor::Type::kI8, tensors_.at(layer.key + ".weight").shape, weights);
  }
}

template <class T>
static std::vector<T> valuesOf(const FileTensors& tensors, const std::string& name) {
  const FileTensor& tensor = tensors.at(name);
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  return values;
}

std::vector<std::int32_t> RandomModel::ints(const std::string& name) const {
  return valuesOf<std::int32_t>(tensors_, name);
}
std::vector<float> RandomModel::floats(const std::string& name) const { return valuesOf<float>(tensors_, name); }
std::vector<std::int8_t> RandomModel::codes(const std::string& name) const {
  return valuesOf<std::int8_t>(tensors_, name);
}

}  // namespace perifocal::checks
