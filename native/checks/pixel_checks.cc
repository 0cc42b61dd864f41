// The network's edge against the formulas of docs/model-format.md in double precision.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "checks/check.h"
#include "checks/random.h"
#include "image/pixels.h"

namespace perifocal::checks {
namespace {

constexpr int kWidth = 7, kHeight = 5, kPixels = kWidth * kHeight;

struct Tables {
  std::vector<std::uint32_t> rows, columns;
  PixelMap map() const { return {rows.data(), rows.size(), columns.data(), columns.size()}; }
};

/// The whole frame, mirrored left to right.
Tables mirrored() {
  Tables t;
  for (int y = 0; y < kHeight; ++y) t.rows.push_back(static_cast<std::uint32_t>(y * kWidth));
  for (int x = 0; x < kWidth; ++x) t.columns.push_back(static_cast<std::uint32_t>(kWidth - 1 - x));
  return t;
}

template <class T>
double expectedSample(T sample, double residual, double divisor) {
  const double top = sizeof(T) == 1 ? 255 : 65535;
  const double value = sizeof(T) == 1 ? std::nearbyint((divisor * sample + residual) / divisor)
                                      : sample + std::nearbyint(257 * residual / divisor);
  return std::clamp(value, 0.0, top);
}

template <class T>
void checkCompose(Context& context, int channels, int passes) {
  Random random(static_cast<std::uint64_t>(channels * 10 + passes));
  std::vector<T> source(kPixels * channels), output(source.size());
  for (auto& s : source) s = static_cast<T>(random.next());
  std::vector<std::int16_t> residual(kPixels * 3), sums(kPixels * 3);
  for (auto& r : residual) r = static_cast<std::int16_t>(random.between(-8191, 8191) >> random.between(0, 12));
  for (auto& s : sums) s = static_cast<std::int16_t>(random.between(-8191, 8191) >> random.between(0, 12));
  const Tables tables = mirrored();
  composeRows<T>({residual.data(), kWidth, 0}, tables.map(), passes > 1 ? sums.data() : nullptr, passes,
                 {source.data(), output.data(), channels});
  for (int p = 0; p < kPixels; ++p) {
    const int mirror = p / kWidth * kWidth + kWidth - 1 - p % kWidth;
    double total[3];
    for (int k = 0; k < 3; ++k) total[k] = residual[mirror * 3 + k] + (passes > 1 ? sums[p * 3 + k] : 0);
    const T* from = &source[p * channels];
    const T* to = &output[p * channels];
    if (channels >= 3) {
      for (int k = 0; k < 3; ++k) {
        context.expect(to[k] == expectedSample(from[k], total[k], 16.0 * passes), "a colour sample is wrong");
      }
    } else {
      const double sum = total[0] + total[1] + total[2];
      context.expect(to[0] == expectedSample(from[0], sum, 48.0 * passes), "a grey sample is wrong");
    }
    if (channels % 2 == 0) context.expect(to[channels - 1] == from[channels - 1], "alpha was changed");
  }
}

void checkGather(Context& context) {
  std::vector<std::uint16_t> source(kPixels * 2);
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<std::uint16_t>(i * 937);
  const Tables tables = mirrored();
  std::vector<std::uint8_t> out(kPixels * 3);
  gatherRows(source.data(), 2, tables.map(), out.data());
  for (int p = 0; p < kPixels; ++p) {
    const int mirror = p / kWidth * kWidth + kWidth - 1 - p % kWidth;
    const double expected = std::nearbyint(source[mirror * 2] / 257.0);
    for (int k = 0; k < 3; ++k) context.expect(out[p * 3 + k] == expected, "a gathered byte is wrong");
  }
}

void checkAccumulate(Context& context) {
  std::vector<std::int16_t> residual(kPixels * 3), sums(kPixels * 3, 5);
  std::iota(residual.begin(), residual.end(), std::int16_t{-50});
  Tables tables = mirrored();
  // Columns 2 and 3 only: halo columns must not be touched.
  tables.columns = {2, 3};
  accumulateRows({residual.data(), kWidth, 2}, tables.map(), sums.data());
  for (int i = 0; i < kPixels * 3; ++i) {
    const int x = i / 3 % kWidth;
    context.expect(sums[i] == (x == 2 || x == 3 ? residual[i] + 5 : 5), "a sum is wrong");
  }
}

}  // namespace

std::vector<Check> pixelChecks() {
  std::vector<Check> checks = {{"gather mirrors, replicates grey and rounds 16 bits", checkGather},
                               {"accumulate adds where the map points", checkAccumulate}};
  for (int channels = 1; channels <= 4; ++channels) {
    for (int passes : {1, 2, 4}) {
      const std::string name = std::to_string(channels) + " channels, " + std::to_string(passes) + " passes";
      checks.push_back(
          {"compose 8 bit, " + name, [=](Context& c) { checkCompose<std::uint8_t>(c, channels, passes); }});
      checks.push_back(
          {"compose 16 bit, " + name, [=](Context& c) { checkCompose<std::uint16_t>(c, channels, passes); }});
    }
  }
  return checks;
}

}  // namespace perifocal::checks
