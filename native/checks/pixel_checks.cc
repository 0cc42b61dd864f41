// The network's edge against the formulas of docs/model-format.md in double precision.
#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>

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

/// The channels of a group in a frame of `channels`, in an order of its own: grey where there are fewer than three.
BandGroup groupOf(int channels, double white) {
  if (channels < 3) return {channels, {channels - 1, channels - 1, channels - 1}, true, white};
  return {channels, {channels - 1, 0, 1}, false, white};
}

template <class T>
double expectedSample(T sample, double residual, double white) {
  if (std::is_floating_point_v<T>) return static_cast<T>(sample + residual * white / 4080);
  const double change = residual * white / 4080;
  const double value = sizeof(T) == 1 ? std::nearbyint(sample + change) : sample + std::nearbyint(change);
  return std::clamp(value, 0.0, sizeof(T) == 1 ? 255.0 : 65535.0);
}

/// Samples of few values, so that channels are often equal.
template <class T>
std::vector<T> samplesOf(Random& random, std::size_t count, double white) {
  std::vector<T> samples(count);
  for (auto& s : samples) s = static_cast<T>(white * random.between(0, 5) / 5);
  return samples;
}

template <class T>
void checkCompose(Context& context, int channels, int passes, double white) {
  Random random(static_cast<std::uint64_t>(channels * 10 + passes));
  const std::vector<T> source = samplesOf<T>(random, kPixels * channels, white);
  std::vector<std::uint8_t> shared(kPixels);
  std::vector<T> output = source;
  std::vector<std::int16_t> residual(kPixels * 3), sums(kPixels * 3);
  for (auto& r : residual) r = static_cast<std::int16_t>(random.between(-8191, 8191) >> random.between(0, 12));
  for (auto& s : sums) s = static_cast<std::int16_t>(random.between(-8191, 8191) >> random.between(0, 12));
  const Tables tables = mirrored();
  const BandGroup group = groupOf(channels, white);
  const auto isShared = [&](const T* pixel, int a, int b) {
    return pixel[group.members[a]] == pixel[group.members[b]];
  };
  for (int p = 0; p < kPixels; ++p) {
    const T* pixel = &source[(p / kWidth * kWidth + kWidth - 1 - p % kWidth) * channels];
    shared[p] =
        static_cast<std::uint8_t>((isShared(pixel, 0, 1) ? kRedGreen : 0) | (isShared(pixel, 1, 2) ? kGreenBlue : 0) |
                                  (isShared(pixel, 0, 2) ? kRedBlue : 0));
  }
  composeRows<T>({residual.data(), kWidth, 0}, tables.map(), passes > 1 ? sums.data() : nullptr, passes, shared.data(),
                 group, {source.data(), output.data()});
  for (int p = 0; p < kPixels; ++p) {
    const int mirror = p / kWidth * kWidth + kWidth - 1 - p % kWidth;
    const T* from = &source[p * channels];
    for (int channel = 0; channel < channels; ++channel) {
      double sum = 0, equal = 0;
      bool isMember = false;
      for (int k = 0; k < 3; ++k) isMember |= group.members[k] == channel;
      for (int k = 0; k < 3; ++k) {
        if (from[group.members[k]] != from[channel]) continue;
        sum += residual[mirror * 3 + k] + (passes > 1 ? sums[p * 3 + k] : 0);
        equal += passes;
      }
      const double expected = isMember ? expectedSample(from[channel], sum / equal, white) : from[channel];
      // The two divide in another order, so that ties may fall apart.
      const double slack = std::is_floating_point_v<T> ? 1e-6 * white : 0;
      context.expect(std::abs(output[p * channels + channel] - expected) <= slack, "a sample is wrong");
    }
  }
}

template <class T>
void checkGather(Context& context, double white) {
  std::vector<T> source(kPixels * 2);
  for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<T>(white * 1.1 * i / source.size());
  const Tables tables = mirrored();
  std::vector<std::uint8_t> out(kPixels * 3);
  gatherRows(source.data(), groupOf(2, white), tables.map(), out.data());
  for (int p = 0; p < kPixels; ++p) {
    const int mirror = p / kWidth * kWidth + kWidth - 1 - p % kWidth;
    const double expected = std::nearbyint(std::min(255.0, source[mirror * 2 + 1] * 255.0 / white));
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

template <class T>
void addChecks(std::vector<Check>& checks, const std::string& type, double white) {
  const std::string samples = type + " of white " + std::to_string(white);
  checks.push_back({"gather mirrors and rounds " + samples, [=](Context& c) { checkGather<T>(c, white); }});
  for (int channels = 1; channels <= 5; ++channels) {
    for (int passes : {1, 2, 4}) {
      const std::string name = std::to_string(channels) + " channels, " + std::to_string(passes) + " passes";
      checks.push_back(
          {"compose " + samples + ", " + name, [=](Context& c) { checkCompose<T>(c, channels, passes, white); }});
    }
  }
}

}  // namespace

std::vector<Check> pixelChecks() {
  std::vector<Check> checks = {{"accumulate adds where the map points", checkAccumulate}};
  addChecks<std::uint8_t>(checks, "8 bit", 255);
  addChecks<std::uint8_t>(checks, "8 bit", 200);
  addChecks<std::uint16_t>(checks, "16 bit", 65535);
  addChecks<std::uint16_t>(checks, "16 bit", 4095);
  addChecks<float>(checks, "float", 1e-4);
  addChecks<float>(checks, "float", 1e4);
  return checks;
}

}  // namespace perifocal::checks
