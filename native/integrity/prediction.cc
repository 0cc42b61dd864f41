#include "integrity/prediction.h"

#include <algorithm>
#include <array>

#include "integrity/modular.h"
#include "kernels/winograd.h"
#include "runtime/arena.h"

namespace perifocal {
namespace {

/// Entries that a pixel's group of input channels may reach beyond its channels.
constexpr std::size_t kSlack = 64;

}  // namespace

std::size_t SumPrediction::digitRowBytes(const Graph& graph, const KernelLayout& layout) {
  // A tile may read more pixels than there are digits.
  const auto pixels = static_cast<std::size_t>(std::max(layout.tilePixels, kDigits));
  return arenaBytes(pixels * 4 * graph.shape.baseWidth + kSlack);
}

std::size_t SumPrediction::digitBytes(const Graph& graph, const KernelLayout& layout) {
  const std::size_t winograd = 2 * appliedValues(4 * graph.shape.baseWidth) * sizeof(std::int16_t);
  return std::max(kMaxTaps * digitRowBytes(graph, layout), arenaBytes(winograd));
}

int SumPrediction::registerChannels(const Graph& graph, const KernelLayout& layout) {
  const int most = std::max(layout.lanes, layout.winograd.blockChannels);
  return roundUp(4 * graph.shape.baseWidth, std::max(most, 16));
}

std::size_t SumPrediction::bytes(const Graph& graph, const KernelLayout& layout) {
  const std::size_t channels = registerChannels(graph, layout) * sizeof(std::int32_t);
  return arenaBytes(static_cast<std::size_t>(kMaxTaps) * 4 * graph.shape.baseWidth * sizeof(std::int32_t)) +
         (kDigits + 2) * channels + digitBytes(graph, layout);
}

void SumPrediction::attach(std::byte* memory) {
  const Graph& graph = model_.graph();
  const KernelLayout& layout = model_.kernels().layout;
  const int channels = registerChannels(graph, layout);
  columns_ = reinterpret_cast<std::int32_t*>(memory);
  memory += arenaBytes(static_cast<std::size_t>(kMaxTaps) * 4 * graph.shape.baseWidth * sizeof(std::int32_t));
  products_ = reinterpret_cast<std::int32_t*>(memory);
  totals_ = products_ + kDigits * channels;
  zeros_ = totals_ + channels;
  digits_ = reinterpret_cast<std::byte*>(zeros_ + channels);
}

const std::int32_t* SumPrediction::apply(const ConvJob& job, const LayerSpec& layer, const std::byte* codes,
                                         std::byte* scratch) {
  if (layer.winograd) {
    applyWinograd(layer, codes);
  } else {
    applyDirect(job, scratch);
  }
  return totals_;
}

/// The layer's own kernel, on a row of as many pixels as a total has digits.
void SumPrediction::applyDirect(const ConvJob& job, std::byte* scratch) {
  const std::size_t rowBytes = digitRowBytes(model_.graph(), model_.kernels().layout);
  std::array<std::array<const std::uint8_t*, kMaxTaps>, kMaxSources> rows{};
  std::array<ConvSource, kMaxSources> sources{};
  std::array<ConvTap, kMaxTaps> taps;
  const std::int32_t* x = columns_;
  for (int t = 0; t < job.tapCount; ++t) {
    const int s = job.taps[t].source, channels = job.sources[s].channels;
    auto* digits = reinterpret_cast<std::uint8_t*>(digits_ + t * rowBytes);
    for (int d = 0; d < kDigits; ++d) {
      for (int c = 0; c < channels; ++c) digits[d * channels + c] = x[c] >> kDigitBits * d & ((1 << kDigitBits) - 1);
    }
    sources[s].channels = channels;
    rows[s][sources[s].rowCount] = digits;
    taps[t] = {s, sources[s].rowCount++, 0};
    x += channels;
  }
  for (int s = 0; s < kMaxSources; ++s) {
    sources[s].rows = rows[s].data();
    sources[s].pixelStep = sources[s].rowStep = 1;
  }
  std::int32_t* out = products_;
  ConvJob one = job;
  one.sources = sources.data();
  one.taps = taps.data();
  one.bias = zeros_;
  one.rowCount = one.outStep = 1;
  one.outOffset = one.addendCount = 0;
  one.outChannels = roundUp(job.channels, 4);
  one.epilogue = Epilogue::kPartial;
  one.partialOut = &out;
  model_.kernels().convolve(one, 0, kDigits, scratch, nullptr);
  for (int c = 0; c < job.channels; ++c) {
    totals_[c] = 0;
    for (int d = 0; d < kDigits; ++d) {
      totals_[c] = sumOf(totals_[c], productOf(out[d * one.outChannels + c], 1 << kDigitBits * d));
    }
  }
}

void SumPrediction::applyWinograd(const LayerSpec& layer, const std::byte* codes) {
  const int inputs = layer.sources[0];
  const WinogradWeights weights{reinterpret_cast<const std::int8_t*>(codes), nullptr, inputs, layer.out, false};
  auto* low = reinterpret_cast<std::int16_t*>(digits_);
  std::int16_t* high = low + appliedValues(inputs);
  for (int i = 0; i < kMaxTaps * inputs; ++i) {
    low[i] = static_cast<std::int16_t>(columns_[i] & ((1 << kAppliedBits) - 1));
    high[i] = static_cast<std::int16_t>(columns_[i] >> kAppliedBits);
  }
  model_.kernels().applyCodes(weights, low, totals_);
}

std::int32_t SumPrediction::expectedTotal(const ConvJob& job, const CheckedPart& check) const {
  std::int32_t total = 0;
  std::ptrdiff_t at = 0;
  for (int t = 0; t < job.tapCount; ++t) {
    for (int c = 0; c < job.sources[job.taps[t].source].channels; ++c, ++at) {
      total = sumOf(total, productOf(check.columnSums[at], columns_[at]));
    }
  }
  return total;
}

}  // namespace perifocal
