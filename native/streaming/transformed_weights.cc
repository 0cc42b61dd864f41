#include "streaming/transformed_weights.h"

#include "network/pack.h"
#include "runtime/word_sum.h"

namespace perifocal {

TransformedWeights::TransformedWeights(const Model& model, const PassShape& pass)
    : graph_(model.graph()), layout_(model.kernels().layout), keeps_(pass.keepWeights), threads_(pass.threads) {}

bool TransformedWeights::attach(const MemoryPlan& plan, Arena& arena) {
  places_.clear();
  for (int thread = 0; thread < (keeps_ ? 1 : threads_); ++thread) {
    std::byte* at = arena.take(plan.transformedBytes);
    if (at == nullptr) return false;
    auto& places = places_.emplace_back();
    for (const LayerSpec& layer : graph_.layers) {
      places.push_back(reinterpret_cast<std::int16_t*>(at));
      if (layer.winograd && keeps_) at += transformedBytes(layer, layout_.winograd);
    }
  }
  isKept_.assign(graph_.layers.size(), 0);
  sums_.assign(graph_.layers.size(), 0);
  return true;
}

std::int16_t* TransformedWeights::of(int layer, int thread) const { return places_[keeps_ ? 0 : thread][layer]; }

void TransformedWeights::note(int layer, int thread, bool sums) {
  isKept_[layer] = keeps_ ? 1 : 0;
  if (sums) sums_[layer] = sumOf(layer, thread);
}

bool TransformedWeights::holdKept() const {
  for (int layer = 0; layer < static_cast<int>(graph_.layers.size()); ++layer) {
    if (isKept(layer) && !holds(layer, 0)) return false;
  }
  return true;
}

std::uint64_t TransformedWeights::sumOf(int layer, int thread) const {
  return wordSum(reinterpret_cast<const std::byte*>(of(layer, thread)),
                 transformedBytes(graph_.layers[layer], layout_.winograd));
}

}  // namespace perifocal
