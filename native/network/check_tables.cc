#include "network/check_tables.h"

#include "network/pack.h"
#include "runtime/arena.h"

namespace perifocal {
namespace {

/// Where the input channels of a source begin within those of the layer.
int firstInput(const LayerSpec& layer, int source) {
  int first = 0;
  for (int s = 0; s < source; ++s) first += layer.sources[s];
  return first;
}

int storedInputs(const LayerSpec& layer, int source) { return roundUp(layer.sources[source], 4); }

/// Rows or columns of a kernel's grid of taps that are in a set; 0 is no set.
constexpr bool contains(int set, int member) { return (set >> member & 1) != 0; }

/// Whether the weights of an input channel add up to nothing over a set of rows and one of columns, in every output.
bool cancels(const LayerSpec& layer, std::span<const std::int8_t> weights, std::span<const WeightTap> taps, int input,
             int rows, int columns) {
  const int side = taps.size() == 1 ? 1 : taps.size() == 4 ? 2 : 3;
  for (int out = 0; out < layer.out; ++out) {
    std::int32_t sum = 0;
    for (int t = 0; t < static_cast<int>(taps.size()); ++t) {
      if (!contains(rows, t / side) || !contains(columns, t % side)) continue;
      sum += weights[weightOffset(layer, out, input, taps[t].ky, taps[t].kx)];
    }
    if (sum != 0) return false;
  }
  return true;
}

void addCases(const LayerSpec& layer, std::span<const std::int8_t> weights, std::span<const WeightTap> taps,
              Coverage& coverage) {
  const int sets = taps.size() == 1 ? 2 : taps.size() == 4 ? 4 : 8;
  const int source = taps[0].source;
  for (int input = 0; input < layer.sources[source]; ++input) {
    for (int rows = 1; rows < sets; ++rows) {
      for (int columns = 1; columns < sets; ++columns) {
        ++coverage.cases;
        coverage.blindCases += cancels(layer, weights, taps, firstInput(layer, source) + input, rows, columns);
      }
    }
  }
}

}  // namespace

std::size_t columnSumBytes(const LayerSpec& layer, int part) {
  std::size_t words = 0;
  for (const WeightTap& tap : tapsOf(layer, part)) words += storedInputs(layer, tap.source);
  return words * sizeof(std::int32_t);
}

std::size_t countedBiasBytes(const LayerSpec& layer) { return layer.out * sizeof(std::int32_t); }

std::size_t checkTableBytes(const Graph& graph) {
  std::size_t bytes = 0;
  for (const LayerSpec& layer : graph.layers) {
    for (int part = 0; part < layer.parts(); ++part) {
      bytes += arenaBytes(columnSumBytes(layer, part)) + arenaBytes(countedBiasBytes(layer));
    }
  }
  return bytes;
}

void sumColumns(const LayerSpec& layer, int part, std::span<const std::int8_t> weights, std::int32_t* out) {
  for (const WeightTap& tap : tapsOf(layer, part)) {
    const int first = firstInput(layer, tap.source);
    for (int input = 0; input < layer.sources[tap.source]; ++input) {
      for (int c = 0; c < layer.out; ++c) out[input] += weights[weightOffset(layer, c, first + input, tap.ky, tap.kx)];
    }
    out += storedInputs(layer, tap.source);
  }
}

void countBias(const LayerSpec& layer, int part, std::span<const std::int8_t> weights, int storedOffset,
               const std::int32_t* packed, std::int32_t* out) {
  for (int c = 0; c < layer.out; ++c) {
    std::int32_t sum = 0;
    for (const WeightTap& tap : tapsOf(layer, part)) {
      const int first = firstInput(layer, tap.source);
      for (int i = 0; i < layer.sources[tap.source]; ++i) {
        sum += weights[weightOffset(layer, c, first + i, tap.ky, tap.kx)];
      }
    }
    out[c] = packed[c] - (128 - storedOffset) * sum;
  }
}

void addCoverage(const LayerSpec& layer, std::span<const std::int8_t> weights, Coverage& coverage) {
  ++coverage.layers;
  coverage.winogradLayers += layer.winograd;
  for (int part = 0; part < layer.parts(); ++part) {
    const std::vector<WeightTap> taps = tapsOf(layer, part);
    std::size_t begin = 0;
    for (std::size_t end = 1; end <= taps.size(); ++end) {
      if (end < taps.size() && taps[end].source == taps[begin].source) continue;
      addCases(layer, weights, std::span(taps).subspan(begin, end - begin), coverage);
      begin = end;
    }
  }
}

}  // namespace perifocal
