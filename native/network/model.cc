#include "network/model.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

#include "kernels/winograd.h"
#include "network/check_tables.h"
#include "network/pack.h"
#include "network/stage_digest.h"
#include "runtime/word_digest.h"
#include "runtime/word_sum.h"

namespace perifocal {
namespace {

constexpr double kImageScale = static_cast<double>(1.0f / 255.0f);
constexpr std::int32_t kImageZero = -128;
constexpr double kResidualScale = static_cast<double>(1.0f / 4080.0f);

Status invalid(const std::string& what) { return {StatusCode::kModelInvalid, what}; }

std::string shapeText(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i != 0 ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

std::string numberText(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

template <class T>
std::vector<T> copyOf(const FileTensor& tensor) {
  std::vector<T> values(tensor.data.size() / sizeof(T));
  std::memcpy(values.data(), tensor.data.data(), values.size() * sizeof(T));
  return values;
}

/// Typed access to the tensors of a file; the first failure is kept.
class Reader {
 public:
  explicit Reader(const FileTensors& tensors) : tensors_(tensors) {}

  template <class T>
  std::vector<T> read(const std::string& name, FileTensor::Type type, std::vector<std::int64_t> shape) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end()) return fail<T>("tensor '" + name + "' is missing");
    const FileTensor& tensor = found->second;
    if (tensor.type != type) return fail<T>("tensor '" + name + "' has the wrong data type");
    if (tensor.shape != shape) {
      return fail<T>("tensor '" + name + "' has shape " + shapeText(tensor.shape) + ", expected " + shapeText(shape));
    }
    std::size_t bytes = sizeof(T);
    for (std::int64_t side : shape) bytes *= static_cast<std::size_t>(side);
    if (tensor.data.size() != bytes) return fail<T>("tensor '" + name + "' is truncated");
    return copyOf<T>(tensor);
  }

  std::vector<double> scales(const std::string& name, int count) {
    std::vector<double> values;
    for (float scale : read<float>(name, FileTensor::Type::kF32, {count})) {
      if (!std::isfinite(scale) || scale <= 0) {
        return fail<double>("'" + name + "' contains " + numberText(scale) + ", expected finite and positive");
      }
      values.push_back(scale);
    }
    return values;
  }

  std::vector<std::int32_t> zeroPoints(const std::string& name, int count) {
    const auto values = read<std::int32_t>(name, FileTensor::Type::kI32, {count});
    for (std::int32_t zero : values) {
      if (zero < -128 || zero > 127) {
        return fail<std::int32_t>("'" + name + "' contains " + std::to_string(zero) + ", expected -128 to 127");
      }
    }
    return values;
  }

  std::vector<std::int8_t> weights(const std::string& name, std::vector<std::int64_t> shape) {
    const auto values = read<std::int8_t>(name, FileTensor::Type::kI8, std::move(shape));
    for (std::int8_t weight : values) {
      if (weight == -128) return fail<std::int8_t>("'" + name + "' contains -128, expected -127 to 127");
    }
    return values;
  }

  bool ok() const { return status_.ok(); }
  const Status& status() const { return status_; }

 private:
  template <class T>
  std::vector<T> fail(const std::string& what) {
    if (status_.ok()) status_ = invalid(what);
    return {};
  }

  const FileTensors& tensors_;
  Status status_;
};

std::vector<std::int64_t> weightShape(const LayerSpec& layer) {
  const std::int64_t in = layer.inputChannels(), out = layer.out, k = layer.kernel;
  return layer.transposed() ? std::vector<std::int64_t>{in, out, k, k} : std::vector<std::int64_t>{out, in, k, k};
}

std::size_t packedPartBytes(const LayerSpec& layer, int part, const KernelLayout& layout) {
  return layer.winograd ? packedWinogradBytes(layer, layout.winograd) : packedWeightBytes(layer, part, layout);
}

}  // namespace

class ModelBuilder {
 public:
  ModelBuilder(Model& model, const FileTensors& tensors, const Team& team, bool checked)
      : model_(model), reader_(tensors), team_(team), checked_(checked) {}

  Status build(const WinogradShapes& winograd) {
    const auto& layers = model_.graph_.layers;
    for (const LayerSpec& layer : layers) model_.numbers_.push_back(readNumbers(layer));
    if (!reader_.ok()) return reader_.status();
    if (Status s = checkConsistency(); !s.ok()) return s;
    deriveMultipliers();
    for (int i = 0; i < static_cast<int>(layers.size()) && !team_.cancelled(); ++i) chooseAlgorithm(i, winograd);
    if (!reader_.ok()) return reader_.status();
    if (!model_.arena_.map(packedModelBytes(model_.graph_, layout()))) {
      return {StatusCode::kOutOfMemory, "cannot map memory for the packed weights"};
    }
    if (checked_ && !model_.checkArena_.map(checkTableBytes(model_.graph_))) {
      return {StatusCode::kOutOfMemory, "cannot map memory for the checksums of the weights"};
    }
    for (int i = 0; i < static_cast<int>(layers.size()) && !team_.cancelled(); ++i) {
      if (Status s = packLayer(i); !s.ok()) return s;
    }
    if (checked_ && !team_.cancelled()) digestStages();
    return team_.status();
  }

 private:
  const KernelLayout& layout() const { return model_.kernels_.layout; }

  LayerNumbers readNumbers(const LayerSpec& layer) {
    LayerNumbers numbers;
    const int sources = static_cast<int>(layer.sources.size());
    numbers.inputScale = reader_.scales(layer.key + ".input_scale", sources);
    numbers.inputZero = reader_.zeroPoints(layer.key + ".input_zero_point", sources);
    const auto scale = reader_.scales(layer.key + ".output_scale", 1);
    const auto zero = reader_.zeroPoints(layer.key + ".output_zero_point", 1);
    if (!layer.trunk.empty()) {
      const auto trunk = reader_.scales(layer.trunk + ".trunk_scale", 1);
      if (!trunk.empty()) numbers.trunkScale = trunk[0];
    }
    if (!scale.empty()) numbers.outputScale = scale[0];
    if (!zero.empty()) numbers.outputZero = zero[0];
    return numbers;
  }

  Status checkConsistency() {
    for (const Stage& stage : model_.graph_.stages) {
      if (Status s = stage.kind == StageKind::kMultiply ? Status{} : checkInputs(stage); !s.ok()) return s;
    }
    for (int i = 0; i < static_cast<int>(model_.graph_.layers.size()); ++i) {
      if (Status s = checkOutput(i); !s.ok()) return s;
    }
    return checkSharedTrunk();
  }

  /// What a layer expects of its sources must be what their producers write.
  Status checkInputs(const Stage& stage) {
    if (stage.layer < 0) return {};
    const LayerSpec& layer = model_.graph_.layers[stage.layer];
    const LayerNumbers& numbers = model_.numbers_[stage.layer];
    int input = 0;
    for (int s = 0; s < static_cast<int>(layer.sources.size()); ++s) {
      if (!layer.transposed() && layer.sourceParts[s] != stage.part) continue;
      const Tensor& tensor = model_.graph_.tensors[stage.inputs[input++].tensor];
      const double scale = scaleOf(tensor);
      const std::int32_t zero = model_.zeroOf(tensor);
      if (numbers.inputScale[s] != scale || numbers.inputZero[s] != zero) {
        return invalid("'" + layer.key + "' expects input " + std::to_string(s) + " at scale " +
                       numberText(numbers.inputScale[s]) + ", zero point " + std::to_string(numbers.inputZero[s]) +
                       ", but '" + tensor.name + "' is written at scale " + numberText(scale) + ", zero point " +
                       std::to_string(zero));
      }
    }
    return {};
  }

  Status checkOutput(int index) {
    const LayerSpec& layer = model_.graph_.layers[index];
    const LayerNumbers& numbers = model_.numbers_[index];
    if (layer.relu && numbers.outputZero != -128) {
      return invalid("'" + layer.key + ".output_zero_point' is " + std::to_string(numbers.outputZero) +
                     ", expected -128 after a ReLU");
    }
    if (layer.role == LayerRole::kLast && (numbers.outputScale != kResidualScale || numbers.outputZero != 0)) {
      return invalid("'" + layer.key + ".output_scale' must be 1/4080 with zero point 0");
    }
    return {};
  }

  Status checkSharedTrunk() {
    double scale[2] = {0, 0};
    for (std::size_t i = 0; i < model_.graph_.layers.size(); ++i) {
      const std::string& trunk = model_.graph_.layers[i].trunk;
      if (trunk == "Encoder.2") scale[0] = model_.numbers_[i].trunkScale;
      if (trunk == "Decoder.0") scale[1] = model_.numbers_[i].trunkScale;
    }
    if (scale[0] == scale[1]) return {};
    return invalid("'Encoder.2.trunk_scale' and 'Decoder.0.trunk_scale' differ; one trunk runs through both stages");
  }

  double scaleOf(const Tensor& tensor) const {
    if (tensor.producer == kImageProducer) return kImageScale;
    if (tensor.producer < kImageProducer) return model_.numbers_[productProducer(tensor.producer)].inputScale[0];
    return model_.numbers_[tensor.producer].outputScale;
  }

  void deriveMultipliers() {
    for (LayerNumbers& numbers : model_.numbers_) {
      numbers.copyMultiplier = static_cast<float>(numbers.trunkScale / numbers.outputScale);
    }
    for (const Stage& stage : model_.graph_.stages) {
      if (stage.kind != StageKind::kMultiply) continue;
      LayerNumbers& numbers = model_.numbers_[stage.layer];
      const double a = scaleOf(model_.graph_.tensors[stage.inputs[0].tensor]);
      const double b = scaleOf(model_.graph_.tensors[stage.inputs[1].tensor]);
      numbers.productMultiplier = static_cast<float>(a * b / numbers.inputScale[0]);
    }
  }

  void chooseAlgorithm(int index, const WinogradShapes& winograd) {
    LayerSpec& layer = model_.graph_.layers[index];
    layer.winograd = layout().hasWinograd() && layer.suitsWinograd() &&
                     winograd.contains({layer.sources[0], layer.out}) && fitsWinograd(boundSum(index));
  }

  bool fitsWinograd(std::int64_t bound) {
    if (bound >= (checked_ ? kWatchedLimit : kWinogradSumLimit)) return false;
    model_.coverage_.largestSum = std::max(model_.coverage_.largestSum, bound);
    return true;
  }

  /// The largest |bias + sum w (q - z)| of a layer with one source, over all codes q in [-128, 127].
  std::int64_t boundSum(int index) {
    const LayerSpec& layer = model_.graph_.layers[index];
    const auto weights = reader_.weights(layer.key + ".weight", weightShape(layer));
    const auto bias = reader_.read<std::int32_t>(layer.key + ".bias", FileTensor::Type::kI32, {layer.out});
    if (!reader_.ok()) return 0;
    const std::int64_t zero = model_.numbers_[index].inputZero[0], above = 127 - zero, below = 128 + zero;
    const std::size_t perChannel = weights.size() / static_cast<std::size_t>(layer.out);
    std::int64_t largest = 0;
    for (int c = 0; c < layer.out; ++c) {
      std::int64_t positive = 0, negative = 0;
      for (std::size_t i = 0; i < perChannel; ++i) {
        const int weight = weights[c * perChannel + i];
        (weight > 0 ? positive : negative) += std::abs(weight);
      }
      const std::int64_t sum = std::max(positive * above + negative * below, negative * above + positive * below);
      largest = std::max(largest, sum + std::abs(static_cast<std::int64_t>(bias[c])));
    }
    return largest;
  }

  Status packLayer(int index) {
    const LayerSpec& layer = model_.graph_.layers[index];
    const auto weights = reader_.weights(layer.key + ".weight", weightShape(layer));
    const auto scales = reader_.scales(layer.key + ".weight_scale", layer.out);
    const auto bias = reader_.read<std::int32_t>(layer.key + ".bias", FileTensor::Type::kI32, {layer.out});
    if (!reader_.ok()) return reader_.status();
    if (Status s = checkSums(layer, weights, bias); !s.ok()) return s;
    model_.parts_.emplace_back();
    for (int part = 0; part < layer.parts(); ++part) {
      auto* packed = model_.arena_.take(packedPartBytes(layer, part, layout()));
      if (layer.winograd) {
        packWinogradWeights(layer, weights, layout().winograd, reinterpret_cast<std::int8_t*>(packed));
      } else {
        packWeights(layer, part, weights, layout(), packed);
      }
      model_.parts_.back().push_back({packed, packBias(index, part, weights, bias), packMultiplier(index, scales)});
    }
    if (checked_) addChecks(index, weights);
    return {};
  }

  void digestStages() {
    const int stages = static_cast<int>(model_.graph_.stages.size());
    for (int s = 0; s < stages; ++s) model_.stageDigests_.push_back(stageDigest(model_, s));
  }

  void addChecks(int index, const std::vector<std::int8_t>& weights) {
    const LayerSpec& layer = model_.graph_.layers[index];
    model_.checks_.emplace_back();
    for (int part = 0; part < layer.parts(); ++part) {
      const std::size_t bytes = columnSumBytes(layer, part);
      auto* columnSums = reinterpret_cast<std::uint32_t*>(model_.checkArena_.take(bytes));
      sumColumns(layer, part, weights, columnSums);
      const Mixed bias = countBias(layer, part, weights, layout().storedOffset, model_.part(index, part).bias);
      CheckedPart& check = model_.checks_.back().emplace_back();
      check = {columnSums, bytes, bias, 0, weightSumOf(model_, index, part), 0};
      check.columnSumsSum = columnSumsSumOf(model_, index, part);
      check.digest = digestOf(model_, index, part);
      addCoverage(layer, part, columnSums, model_.coverage_);
    }
    ++model_.coverage_.layers;
    model_.coverage_.winogradLayers += layer.winograd;
  }

  /// No input may drive an int32 sum out of range: |sum| <= 255 * sum|w| + |bias|, twice over for the compensation.
  static Status checkSums(const LayerSpec& layer, const std::vector<std::int8_t>& weights,
                          const std::vector<std::int32_t>& bias) {
    for (int c = 0; c < layer.out; ++c) {
      std::int64_t bound = std::llabs(bias[c]);
      for (int i = 0; i < layer.inputChannels(); ++i) {
        for (int k = 0; k < layer.kernel * layer.kernel; ++k) {
          bound += 2 * 255 * std::abs(weights[weightOffset(layer, c, i, k / layer.kernel, k % layer.kernel)]);
        }
      }
      if (bound > std::numeric_limits<std::int32_t>::max()) {
        return invalid("'" + layer.key + "' channel " + std::to_string(c) + " can overflow 32 bits (bound " +
                       std::to_string(bound) + "); reduce its bias or weights");
      }
    }
    return {};
  }

  /// Bias of part 0 carries the zero points of all sources; phases of a transposed convolution carry their own taps.
  const std::int32_t* packBias(int index, int part, const std::vector<std::int8_t>& weights,
                               const std::vector<std::int32_t>& bias) {
    const LayerSpec& layer = model_.graph_.layers[index];
    const int count = paddedChannels(layer, layout());
    auto* out = reinterpret_cast<std::int32_t*>(model_.arena_.take(count * sizeof(std::int32_t)));
    if (!layer.transposed() && part != 0) return out;  // the arena is zeroed
    for (int c = 0; c < layer.out; ++c) {
      std::int32_t sum = bias[c];
      const int lastPart = layer.transposed() ? part : layer.parts() - 1;
      for (int p = part; p <= lastPart; ++p) sum -= compensation(index, p, c, weights);
      out[c] = sum;
    }
    return out;
  }

  std::int32_t compensation(int index, int part, int channel, const std::vector<std::int8_t>& weights) const {
    const LayerSpec& layer = model_.graph_.layers[index];
    std::int32_t sum = 0;
    for (const WeightTap& tap : tapsOf(layer, part)) {
      int offset = 0;
      for (int s = 0; s < tap.source; ++s) offset += layer.sources[s];
      const std::int32_t zero = model_.numbers_[index].inputZero[tap.source] + layout().storedOffset;
      for (int i = 0; i < layer.sources[tap.source]; ++i) {
        sum += zero * weights[weightOffset(layer, channel, offset + i, tap.ky, tap.kx)];
      }
    }
    return sum;
  }

  const float* packMultiplier(int index, const std::vector<double>& weightScales) {
    const LayerSpec& layer = model_.graph_.layers[index];
    const LayerNumbers& numbers = model_.numbers_[index];
    auto* out = reinterpret_cast<float*>(model_.arena_.take(paddedChannels(layer, layout()) * sizeof(float)));
    const double target = numbers.trunkScale > 0 ? numbers.trunkScale : numbers.outputScale;
    for (int c = 0; c < layer.out; ++c) {
      out[c] = static_cast<float>(numbers.inputScale[0] * weightScales[c] / target);
    }
    return out;
  }

  Model& model_;
  Reader reader_;
  const Team& team_;
  const bool checked_;
};

Status Model::build(const NetworkShape& shape, const FileTensors& tensors, const Kernels& kernels,
                    const WinogradShapes& winograd, const Team& team, std::unique_ptr<Model>& out, bool checked) {
  if (const std::string error = shapeError(shape); !error.empty()) return invalid(error);
  std::unique_ptr<Model> model(new Model(shape, kernels));
  if (Status s = ModelBuilder(*model, tensors, team, checked).build(winograd); !s.ok()) return s;
  out = std::move(model);
  return {};
}

std::int32_t Model::zeroOf(const Tensor& tensor) const {
  if (tensor.producer == kImageProducer) return kImageZero;
  if (tensor.producer < kImageProducer) return numbers_[productProducer(tensor.producer)].inputZero[0];
  return numbers_[tensor.producer].outputZero;
}

std::size_t packedModelBytes(const Graph& graph, const KernelLayout& layout, bool checked) {
  std::size_t bytes = checked ? checkTableBytes(graph) : 0;
  for (const LayerSpec& layer : graph.layers) {
    const std::size_t channels = paddedChannels(layer, layout);
    for (int part = 0; part < layer.parts(); ++part) {
      bytes += arenaBytes(packedPartBytes(layer, part, layout)) + arenaBytes(channels * sizeof(std::int32_t)) +
               arenaBytes(channels * sizeof(float));
    }
  }
  return bytes;
}

std::uint64_t digestOf(const Model& model, int layer, int part) {
  const LayerNumbers& numbers = model.numbers(layer);
  const CheckedPart& check = model.check(layer, part);
  const PackedPart& packed = model.part(layer, part);
  const std::size_t channelBytes = arenaBytes(model.graph().layers[layer].out * sizeof(std::int32_t));
  WordDigest digest;
  digest.addWord(wordSum(packed.multiplier, channelBytes));
  // Sums over a firing miss its upper bits: 2^k times the number of pixels may be nothing modulo 2^32.
  digest.addWord(wordSum(packed.bias, channelBytes));
  digest.addValues(check.columnSumBytes, check.bias, check.columnSumsSum, check.weightSum);
  digest.addValues(numbers.outputZero, numbers.copyMultiplier, numbers.productMultiplier);
  return digest.value();
}

std::uint64_t columnSumsSumOf(const Model& model, int layer, int part) {
  const CheckedPart& check = model.check(layer, part);
  return wordSum(check.columnSums, arenaBytes(check.columnSumBytes));
}

std::uint64_t weightSumOf(const Model& model, int layer, int part) {
  const LayerSpec& spec = model.graph().layers[layer];
  return wordSum(model.part(layer, part).weights, arenaBytes(packedPartBytes(spec, part, model.kernels().layout)));
}

}  // namespace perifocal
