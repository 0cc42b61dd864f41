// Noise, and power spectra of blocks.
#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <numbers>
#include <string>

#include "checks/check.h"
#include "checks/emulated_floats.h"
#include "checks/random.h"
#include "checks/reference_dft.h"
#include "estimation/noise.h"
#include "estimation/periodogram.h"

namespace perifocal::checks {
namespace {

/// A ramp with white noise, as bytes or words.
template <class T>
std::vector<T> noisyRamp(int width, int height, double sigma, double top) {
  Random random(5);
  std::vector<T> samples;
  for (int i = 0; i < width * height; ++i) {
    const double normal = std::sqrt(-2 * std::log(1 - random.unit())) * std::cos(2 * std::numbers::pi * random.unit());
    const double value = 0.3 + 0.4 * (i % width) / width + sigma * normal;
    samples.push_back(static_cast<T>(std::lround(std::clamp(value, 0.0, 1.0) * top)));
  }
  return samples;
}

void checkNoise(Context& context, bool jpeg, bool useMedian) {
  constexpr int kSide = 300;
  for (double sigma : {0.005, 0.02}) {
    std::vector<std::uint16_t> words = noisyRamp<std::uint16_t>(kSide, kSide, sigma, 65535);
    // Saturated pixels and steps from block to block must not disturb.
    for (int i = 0; i < kSide * kSide && jpeg; ++i) {
      const int block = (i / kSide + 5) / 8 + (i % kSide + 3) / 8;
      words[i] = static_cast<std::uint16_t>(words[i] + block % 3 * 5000);
    }
    for (int i = 0; i < 3000; ++i) words[i * 29] = i % 2 == 0 ? 65535 : 0;
    const NoiseEstimate estimate = estimateNoise(
        {{words.data(), SampleType::kUint16, 1, kSide}, kSide, kSide, 3, 5, 0.99f, jpeg, useMedian}, Team(1));
    context.expect(estimate.pixels > 10000, std::to_string(estimate.pixels) + " places");
    context.expect(std::fabs(estimate.sigma / sigma - 1) <= 0.04, std::to_string(estimate.sigma));
  }
}

void checkNoiseOfBytes(Context& context) {
  constexpr int kSide = 300;
  const std::vector<std::uint8_t> bytes = noisyRamp<std::uint8_t>(kSide, kSide, 0.01, 255);
  // Rounding to bytes is noise too.
  const double expected = std::hypot(0.01, 1 / 255.0 / std::sqrt(12.0));
  for (bool useMedian : {false, true}) {
    const NoiseEstimate estimate = estimateNoise(
        {{bytes.data(), SampleType::kUint8, 1, kSide}, kSide, kSide, 0, 0, 2.0f, false, useMedian}, Team(1));
    context.expect(std::fabs(estimate.sigma / expected - 1) <= 0.04, std::to_string(estimate.sigma));
  }
  const std::vector<std::uint8_t> white(kSide * kSide, 255);
  context.expect(
      estimateNoise({{white.data(), SampleType::kUint8, 1, kSide}, kSide, kSide, 0, 0, 1.0f, false, false}, Team(1))
              .pixels == 0,
      "noise from saturated pixels");
}

constexpr int kBlockSide = 32;

/// The power of one block by the definition.
std::vector<double> referencePower(const std::vector<std::uint8_t>& samples, int width, int left, int top) {
  std::vector<float> block;
  double mean = 0, energy = 0;
  for (int i = 0; i < kBlockSide * kBlockSide; ++i) {
    block.push_back(samples[(top + i / kBlockSide) * width + left + i % kBlockSide] / 255.0f);
    mean += block.back() / (kBlockSide * kBlockSide);
  }
  const auto hann = [](int i) { return std::pow(std::sin(std::numbers::pi * (i + 0.5) / kBlockSide), 2); };
  for (int i = 0; i < kBlockSide * kBlockSide; ++i) {
    const double weight = hann(i / kBlockSide) * hann(i % kBlockSide);
    block[i] = static_cast<float>((block[i] - mean) * weight);
    energy += weight * weight;
  }
  std::vector<double> power;
  for (const ComplexD& bin : referenceDft2d(block, kBlockSide, kBlockSide)) power.push_back(std::norm(bin) / energy);
  return power;
}

/// Two blocks against the definition; a third with clipped samples does not count.
void checkPeriodogram(Context& context, const FftKernels& kernels) {
  constexpr int kWidth = 90, kHeight = 40;
  std::vector<std::uint8_t> samples = noisyRamp<std::uint8_t>(kWidth, kHeight, 0.05, 255);
  for (int x = 60; x < kWidth; ++x) samples[20 * kWidth + x] = 255;
  const SourceWindow window{samples.data(), SampleType::kUint8, 1, kWidth};
  Periodogram found;
  const Status status = measurePeriodogram({window, kBlockSide, {1, 2, 25, 8, 58, 3}, 0.01}, kernels, Team(1), found);
  context.expect(status.ok() && found.blocks == 2, std::to_string(found.blocks) + " blocks");
  const std::vector<double> first = referencePower(samples, kWidth, 1, 2);
  const std::vector<double> second = referencePower(samples, kWidth, 25, 8);
  const double largest = *std::max_element(first.begin(), first.end());
  for (std::size_t bin = 0; bin < first.size(); ++bin) {
    const double error = std::fabs(found.power[bin] - (first[bin] + second[bin]) / 2);
    context.expect(error <= 1e-6 * largest, "bin " + std::to_string(bin) + " is off by " + std::to_string(error));
  }
}

/// White noise has its variance in every bin; blocks with samples that are no numbers do not count.
void checkWhitePower(Context& context, const FftKernels& kernels) {
  constexpr int kWidth = 1024;
  constexpr double kSigma = 0.01;
  std::vector<float> samples;
  Random random(3);
  for (int i = 0; i < kWidth * kBlockSide; ++i) {
    samples.push_back(static_cast<float>(0.5 + kSigma * std::sqrt(12.0) * (random.unit() - 0.5)));
  }
  samples[kWidth - 1] = std::numeric_limits<float>::quiet_NaN();
  std::vector<std::uint32_t> corners;
  for (std::uint32_t left = 0; left < kWidth; left += kBlockSide) corners.insert(corners.end(), {left, 0});
  Periodogram found;
  const SourceWindow window{samples.data(), SampleType::kFloat32, 1, kWidth};
  const Status status = measurePeriodogram({window, kBlockSide, corners, 0}, kernels, Team(1), found);
  context.expect(status.ok() && found.blocks == kWidth / kBlockSide - 1, std::to_string(found.blocks) + " blocks");
  double mean = 0;
  int count = 0;
  for (int v = 0; v < kBlockSide; ++v) {
    for (int u = 3; u <= kBlockSide / 2; ++u, ++count) mean += found.power[v * (kBlockSide / 2 + 1) + u];
  }
  const double ratio = mean / count / (kSigma * kSigma);
  context.expect(std::fabs(ratio - 1) <= 0.05, std::to_string(ratio) + " times the variance");
}

}  // namespace

std::vector<Check> estimationChecks() {
  std::vector<Check> checks;
  for (bool jpeg : {false, true}) {
    for (bool useMedian : {false, true}) {
      checks.push_back({std::string("noise, ") + (useMedian ? "median" : "mean") + (jpeg ? ", off block borders" : ""),
                        [=](Context& c) { checkNoise(c, jpeg, useMedian); }});
    }
  }
  checks.push_back({"noise of bytes, and of none", checkNoiseOfBytes});
  const auto add = [&](const FftKernels& kernels, const std::string& name) {
    checks.push_back({name + " power of blocks", [&kernels](Context& c) { checkPeriodogram(c, kernels); }});
    checks.push_back({name + " power of white noise", [&kernels](Context& c) { checkWhitePower(c, kernels); }});
  };
  for (const FloatUnit& unit : nativeFloatUnits()) add(*unit.fft, std::string(unit.fft->name) + " (native)");
  return checks;
}

}  // namespace perifocal::checks
