// Sums of rows, and products of weights with them, against plain loops.
#include <string>

#include "checks/check.h"
#include "checks/emulated.h"
#include "checks/random.h"
#include "kernels/winograd.h"
#include "network/pack.h"

namespace perifocal::checks {
namespace {

/// Every second pixel of a row that ends where its memory does.
void checkRows(Context& context, const Kernels& kernels, int channels) {
  constexpr int kPixels = 84;
  Random random(3);
  const std::ptrdiff_t step = 2 * channels;
  std::vector<std::uint8_t> codes((kPixels - 1) * step + channels);
  std::vector<std::int32_t> sums(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    codes[i] = static_cast<std::uint8_t>(random.next());
    sums[i] = static_cast<std::int32_t>(random.next());
  }
  std::vector<std::int32_t> ofCodes(channels, 5), ofSums(channels, 5);
  kernels.addCodes({codes.data(), channels, step, kPixels}, ofCodes.data());
  kernels.addSums({sums.data(), channels, step, kPixels}, ofSums.data());
  for (int c = 0; c < channels; ++c) {
    std::uint32_t code = 5, sum = 5;
    for (int p = 0; p < kPixels; ++p) {
      const std::uint8_t stored = codes[p * step + c];
      code += kernels.layout.storedOffset == 0 ? static_cast<std::int8_t>(stored) : stored;
      sum += static_cast<std::uint32_t>(sums[p * step + c]);
    }
    context.expect(static_cast<std::uint32_t>(ofCodes[c]) == code, "codes of channel " + std::to_string(c));
    context.expect(static_cast<std::uint32_t>(ofSums[c]) == sum, "sums of channel " + std::to_string(c));
  }
}

void checkProducts(Context& context, const Kernels& kernels, int inputs, int outputs) {
  Random random(4);
  const LayerSpec layer{"case", 3, 1, {inputs}, {0}, outputs, false, LayerRole::kPlain, "", true};
  std::vector<std::int8_t> weights(static_cast<std::size_t>(inputs) * outputs * 9);
  for (auto& weight : weights) weight = static_cast<std::int8_t>(random.between(-127, 127));
  std::vector<std::int8_t> packed(packedWinogradBytes(layer, kernels.layout.winograd) + 64);
  packWinogradWeights(layer, weights, kernels.layout.winograd, packed.data());
  std::vector<int> numbers(9 * inputs);
  std::vector<std::int16_t> values(2 * appliedValues(inputs));
  for (int i = 0; i < 9 * inputs; ++i) {
    numbers[i] = random.between(0, (1 << 30) - 1);
    values[i] = static_cast<std::int16_t>(numbers[i] % (1 << kAppliedBits));
    values[appliedValues(inputs) + i] = static_cast<std::int16_t>(numbers[i] >> kAppliedBits);
  }
  std::vector<std::int32_t> out(roundUp(outputs, 64));
  kernels.applyCodes({packed.data(), nullptr, inputs, outputs, false}, values.data(), out.data());
  for (int o = 0; o < outputs; ++o) {
    std::int64_t expected = 0;
    for (int k = 0; k < 9; ++k) {
      for (int i = 0; i < inputs; ++i) {
        expected += std::int64_t{weights[weightOffset(layer, o, i, k / 3, k % 3)]} * numbers[k * inputs + i];
      }
    }
    context.expect(out[o] == static_cast<std::int32_t>(expected), "products of output " + std::to_string(o));
  }
}

}  // namespace

std::vector<Check> totalsChecks() {
  std::vector<Check> checks;
  for (const auto& [name, kernels] : runnableKernels()) {
    const Kernels* one = kernels;
    for (int channels : {3, 4, 12, 16, 20, 64}) {
      checks.push_back({name + " totals of " + std::to_string(channels) + " channels",
                        [=](Context& context) { checkRows(context, *one, channels); }});
      if (!kernels->layout.hasWinograd() || channels % 4 != 0) continue;
      checks.push_back({name + " products with totals of " + std::to_string(channels) + " channels",
                        [=](Context& context) { checkProducts(context, *one, channels, 16 + channels); }});
    }
  }
  return checks;
}

}  // namespace perifocal::checks
