#include "faults/subject.h"

#include <algorithm>
#include <cstring>

#include "checks/random.h"
#include "network/pack.h"

namespace perifocal::faults {
namespace {

/// FNV-1a of 64 bits.
std::uint64_t digestOf(const void* data, std::size_t bytes, std::uint64_t digest) {
  const auto* at = static_cast<const std::uint8_t*>(data);
  for (std::size_t i = 0; i < bytes; ++i) digest = (digest ^ at[i]) * 1099511628211u;
  return digest;
}

std::vector<std::uint8_t> randomImage(int width, int height, std::uint64_t seed) {
  checks::Random random(seed);
  std::vector<std::uint8_t> rgb(static_cast<std::size_t>(width) * height * 3);
  for (auto& sample : rgb) sample = static_cast<std::uint8_t>(random.between(0, 255));
  return rgb;
}

}  // namespace

std::string nameOf(const Setting& setting) {
  std::string name = "base " + std::to_string(setting.shape.baseWidth) + ", " + std::to_string(setting.width) + "x" +
                     std::to_string(setting.height) + (setting.winograd ? ", winograd" : ", direct");
  name += setting.integrity == Integrity::kOff    ? ", off"
          : setting.integrity == Integrity::kFull ? ", full"
                                                  : ", checked";
  if (setting.threads > 1) name += ", " + std::to_string(setting.threads) + " threads";
  return setting.transposed ? name + ", transposed" : name;
}

Subject::Subject(const Setting& setting, const Kernels& kernels)
    : setting_(setting),
      kernels_(struckKernels(kernels)),
      source_(setting.shape, setting.seed),
      image_(randomImage(setting.width, setting.height, setting.seed + 1)) {
  if (setting.prepare != nullptr) setting.prepare(source_);
}

Status Subject::load() {
  WinogradShapes shapes;
  for (const LayerSpec& layer : layersOf(setting_.shape)) {
    if (setting_.winograd && layer.suitsWinograd()) shapes.insert({layer.sources[0], layer.out});
  }
  pipeline_.reset();
  const bool checked = setting_.integrity != Integrity::kOff;
  Status built = Model::build(source_.shape(), source_.tensors(), kernels_, shapes, Team(1), model_, checked);
  return built.ok() ? renewPipeline() : built;
}

Status Subject::renewPipeline() {
  pipeline_.reset();
  const PassShape pass{setting_.width,  setting_.height,      setting_.transposed, setting_.threads,
                       setting_.height, setting_.keepWeights, setting_.integrity};
  return Pipeline::create(*model_, pass, pipeline_);
}

/// Strip after strip into the pipeline, and what comes out of it into the digest.
Status Subject::push(PassResult& result, std::vector<std::int16_t>& residual) {
  const std::size_t rowBytes = static_cast<std::size_t>(setting_.width) * 3;
  const int stripRows = pipeline_->pass().stripRows;
  int emitted = 0;
  const auto take = [&](const Status& status) {
    const std::size_t samples = static_cast<std::size_t>(std::max(0, emitted)) * rowBytes;
    const std::size_t bytes = std::min(samples, residual.size()) * sizeof(std::int16_t);
    if (status.ok()) result.digest = digestOf(residual.data(), bytes, result.digest);
    return status;
  };
  for (int row = 0; row < setting_.height; row += stripRows) {
    const int rows = std::min(stripRows, setting_.height - row);
    std::memcpy(pipeline_->staging(), image_.data() + row * rowBytes, rows * rowBytes);
    if (Status s = take(pipeline_->push(rows, residual.data(), emitted)); !s.ok()) return s;
  }
  do {
    if (Status s = take(pipeline_->drain(stripRows, residual.data(), emitted)); !s.ok()) return s;
  } while (emitted != 0);
  return {};
}

PassResult Subject::pass() {
  pipeline_->reset();
  const IntegrityCounters before = pipeline_->counters() == nullptr ? IntegrityCounters{} : *pipeline_->counters();
  std::vector<std::int16_t> residual(residualSamples(pipeline_->pass()));
  PassResult result;
  result.digest = 14695981039346656037u;
  result.status = push(result, residual);
  if (pipeline_->counters() == nullptr) return result;
  const IntegrityCounters& after = *pipeline_->counters();
  for (int f = 0; f < kFaults; ++f) result.alarms += after.found[f] - before.found[f];
  result.firings = after.firings - before.firings;
  return result;
}

std::vector<std::span<std::byte>> Subject::packedWeights() const {
  std::vector<std::span<std::byte>> all;
  const Graph& graph = model_->graph();
  const KernelLayout& layout = model_->kernels().layout;
  for (int l = 0; l < static_cast<int>(graph.layers.size()); ++l) {
    const LayerSpec& layer = graph.layers[l];
    for (int p = 0; p < layer.parts(); ++p) {
      auto* weights = const_cast<std::byte*>(model_->part(l, p).weights);
      all.emplace_back(
          weights, layer.winograd ? packedWinogradBytes(layer, layout.winograd) : packedWeightBytes(layer, p, layout));
    }
  }
  return all;
}

}  // namespace perifocal::faults
