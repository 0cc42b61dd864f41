#include "network/check_tables.h"

#include <vector>

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

/// The last bit of a code: what is 0 times it is 0 times all bits.
constexpr int kTopBit = 7;

/// The taps of one source of a part, and their column sums: [number][tap][stored input channel].
struct SourceTaps {
  const std::uint32_t* columnSums;
  std::ptrdiff_t words;  ///< between the numbers
  int taps, inputs, storedInputs;
};

/// Whether a changed input channel leaves all numbers as they are that it enters by a set of rows and one of columns.
bool cancels(const SourceTaps& source, int input, int rows, int columns) {
  const int side = source.taps == 1 ? 1 : source.taps == 4 ? 2 : 3;
  for (int m = 0; m < kMixes; ++m) {
    std::uint32_t sum = 0;
    for (int t = 0; t < source.taps; ++t) {
      if (!contains(rows, t / side) || !contains(columns, t % side)) continue;
      sum += source.columnSums[m * source.words + t * source.storedInputs + input];
    }
    if (sum << kTopBit != 0) return false;
  }
  return true;
}

void addCases(const SourceTaps& source, Coverage& coverage) {
  const int sets = source.taps == 1 ? 2 : source.taps == 4 ? 4 : 8;
  for (int input = 0; input < source.inputs; ++input) {
    for (int rows = 1; rows < sets; ++rows) {
      for (int columns = 1; columns < sets; ++columns) {
        ++coverage.cases;
        coverage.blindCases += cancels(source, input, rows, columns);
      }
    }
  }
}

std::ptrdiff_t columnsOf(const LayerSpec& layer, int part) {
  std::ptrdiff_t words = 0;
  for (const WeightTap& tap : tapsOf(layer, part)) words += storedInputs(layer, tap.source);
  return words;
}

}  // namespace

std::size_t columnSumBytes(const LayerSpec& layer, int part) {
  return kMixes * columnsOf(layer, part) * sizeof(std::uint32_t);
}

std::size_t checkTableBytes(const Graph& graph) {
  std::size_t bytes = 0;
  for (const LayerSpec& layer : graph.layers) {
    for (int part = 0; part < layer.parts(); ++part) bytes += arenaBytes(columnSumBytes(layer, part));
  }
  return bytes;
}

void sumColumns(const LayerSpec& layer, int part, std::span<const std::int8_t> weights, std::uint32_t* out) {
  const std::ptrdiff_t words = columnsOf(layer, part);
  for (const WeightTap& tap : tapsOf(layer, part)) {
    const int first = firstInput(layer, tap.source);
    for (int input = 0; input < layer.sources[tap.source]; ++input) {
      for (int c = 0; c < layer.out; ++c) {
        const int weight = weights[weightOffset(layer, c, first + input, tap.ky, tap.kx)];
        for (int m = 0; m < kMixes; ++m) out[m * words + input] += kChannelFactors[m][c] * weight;
      }
    }
    out += storedInputs(layer, tap.source);
  }
}

Mixed countBias(const LayerSpec& layer, int part, std::span<const std::int8_t> weights, int storedOffset,
                const std::int32_t* packed) {
  std::vector<std::int32_t> counted(packed, packed + layer.out);
  for (int c = 0; c < layer.out; ++c) {
    for (const WeightTap& tap : tapsOf(layer, part)) {
      const int first = firstInput(layer, tap.source);
      for (int i = 0; i < layer.sources[tap.source]; ++i) {
        counted[c] -= (128 - storedOffset) * weights[weightOffset(layer, c, first + i, tap.ky, tap.kx)];
      }
    }
  }
  return mixed(counted.data(), layer.out);
}

void addCoverage(const LayerSpec& layer, int part, const std::uint32_t* columnSums, Coverage& coverage) {
  const std::vector<WeightTap> taps = tapsOf(layer, part);
  const std::ptrdiff_t words = columnsOf(layer, part);
  std::size_t begin = 0;
  for (std::size_t end = 1; end <= taps.size(); ++end) {
    if (end < taps.size() && taps[end].source == taps[begin].source) continue;
    const int source = taps[begin].source, stored = storedInputs(layer, source), count = static_cast<int>(end - begin);
    addCases({columnSums, words, count, layer.sources[source], stored}, coverage);
    columnSums += static_cast<std::ptrdiff_t>(count) * stored;
    begin = end;
  }
}

}  // namespace perifocal
