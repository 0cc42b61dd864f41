// Sums of rows against plain loops.
#include <string>

#include "checks/check.h"
#include "checks/emulated.h"
#include "checks/random.h"

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

}  // namespace

std::vector<Check> totalsChecks() {
  std::vector<Check> checks;
  for (const auto& [name, kernels] : runnableKernels()) {
    const Kernels* one = kernels;
    for (int channels : {3, 4, 12, 16, 20, 64}) {
      checks.push_back({name + " totals of " + std::to_string(channels) + " channels",
                        [=](Context& context) { checkRows(context, *one, channels); }});
    }
  }
  return checks;
}

}  // namespace perifocal::checks
