// Metrics of every instruction set and number of threads: the bits of the first, and the values of the definitions.
#include <bit>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "checks/check.h"
#include "checks/crew.h"
#include "checks/random.h"
#include "checks/reference_metrics.h"
#include "checks/reference_scene.h"
#include "isa/registry.h"
#include "metrics/edges.h"
#include "metrics/scene_statistics.h"
#include "metrics/similarity.h"

namespace perifocal::checks {
namespace {

/// Samples of waves and noise, with room for themselves.
class TestFrame {
 public:
  TestFrame(SampleType type, int width, int height, int channels, int seed)
      : bytes_(sampleBytes(type) * width * height * channels) {
    view_ = {nullptr, type, width, height, channels};
    Random random(seed);
    const int count = width * height * channels;
    for (int i = 0; i < count; ++i) {
      const int x = i / channels % width, y = i / channels / width;
      const double level =
          0.5 + 0.3 * std::sin(x / 5.0 + i % channels) * std::cos(y / 7.0) + 0.2 * (random.unit() - 0.5);
      store(i, level * fullScale(type));
    }
  }

  FrameView view() const {
    FrameView view = view_;
    view.samples = bytes_.data();
    return view;
  }

 private:
  void store(int index, double value) {
    switch (view_.type) {
      case SampleType::kUint8:
        reinterpret_cast<std::uint8_t*>(bytes_.data())[index] = static_cast<std::uint8_t>(value);
        break;
      case SampleType::kUint16:
        reinterpret_cast<std::uint16_t*>(bytes_.data())[index] = static_cast<std::uint16_t>(value);
        break;
      case SampleType::kFloat32: reinterpret_cast<float*>(bytes_.data())[index] = static_cast<float>(value); break;
    }
  }

  std::vector<std::byte> bytes_;
  FrameView view_;
};

/// Runs `measure(kernels, team)` on every instruction set with every crew; all must give the same bits.
template <class Measure>
auto measureEverywhere(Context& context, Measure measure) {
  Team one(1);
  const auto expected = measure(*findIsa("scalar")->metrics, one);
  for (const RegisteredIsa& isa : registeredIsas()) {
    if (!isa.supported) continue;
    forEveryCrew([&](Crew& crew, const std::string& name) {
      context.expect(measure(*isa.metrics, crew.team()) == expected,
                     std::string(isa.metrics->name) + ", " + name + ": other bits");
    });
  }
  return expected;
}

struct Size {
  int width, height;
};

std::string nameOf(const FrameView& frame) {
  return std::to_string(frame.width) + "x" + std::to_string(frame.height) + "x" + std::to_string(frame.channels);
}

void checkSimilarity(Context& context, const TestFrame& a, const TestFrame& b, int component, PlaneScale scale) {
  const SimilarityRequest request{a.view(), b.view(), component, scale, fullScale(a.view().type)};
  const auto found = measureEverywhere(context, [&](const MetricKernels& kernels, Team& threads) {
    const Similarity s = measureSimilarity(request, kernels, threads);
    return std::vector<double>{s.ssim, s.contrastStructure};
  });
  const Similarity expected = referenceSimilarity(request);
  context.expect(std::fabs(found[0] - expected.ssim) < 1e-9,
                 "SSIM " + std::to_string(found[0]) + " instead of " + std::to_string(expected.ssim));
  context.expect(std::fabs(found[1] - expected.contrastStructure) < 1e-9, "contrast and structure differ");
}

void checkSquaredError(Context& context, const TestFrame& a, const TestFrame& b) {
  const double found = measureEverywhere(context, [&](const MetricKernels& kernels, Team& team) {
    return squaredError(a.view(), b.view(), {}, kernels, team);
  });
  double expected = 0;
  for (int channel = 0; channel < a.view().colours(); ++channel) {
    const ReferencePlane p = referencePlane(a.view(), channel), q = referencePlane(b.view(), channel);
    for (std::size_t i = 0; i < p.values.size(); ++i) expected += std::pow(p.values[i] - q.values[i], 2);
  }
  context.expect(std::fabs(found / expected - 1) < 1e-12,
                 std::to_string(found) + " instead of " + std::to_string(expected));
}

/// Compared as bits: NaN equals NaN.
std::vector<std::uint64_t> bitsOf(const std::vector<double>& values) {
  std::vector<std::uint64_t> bits;
  for (double value : values) bits.push_back(std::bit_cast<std::uint64_t>(value));
  return bits;
}

/// Shapes are found in steps of 0.001, and rounding errors may decide between two of them.
void compareFeatures(Context& context, const std::vector<std::uint64_t>& bits, const std::vector<double>& expected) {
  context.expect(bits.size() == expected.size(), std::to_string(bits.size()) + " features");
  for (std::size_t i = 0; i < expected.size() && i < bits.size(); ++i) {
    const double found = std::bit_cast<double>(bits[i]);
    const bool isEqual = std::isnan(expected[i]) ? std::isnan(found) : std::fabs(found - expected[i]) <= 0.0011;
    context.expect(isEqual, "feature " + std::to_string(i) + ": " + std::to_string(found) + " instead of " +
                                std::to_string(expected[i]));
  }
}

void checkBlocks(Context& context, const TestFrame& frame) {
  const auto bits = measureEverywhere(context, [&](const MetricKernels& kernels, Team& team) {
    const BlockStatistics found = measureBlocks(frame.view(), kernels, team);
    std::vector<double> all = found.features;
    all.insert(all.end(), found.sharpness.begin(), found.sharpness.end());
    return bitsOf(all);
  });
  compareFeatures(context, bits, referenceBlocks(frame.view()));
}

void checkScene(Context& context, const TestFrame& frame) {
  const auto bits = measureEverywhere(context, [&](const MetricKernels& kernels, Team& team) {
    return bitsOf(measureScene(frame.view(), {}, kernels, team));
  });
  compareFeatures(context, bits, referenceScene(frame.view()));
}

void checkEdges(Context& context, const TestFrame& frame) {
  const auto found = measureEverywhere(context, [&](const MetricKernels& kernels, Team& team) {
    EdgeStatistics edges = measureEdges(frame.view(), {}, kernels, team);
    edges.cells.push_back(edges.sharpness);
    return edges.cells;
  });
  const ReferencePlane plane = referencePlane(frame.view(), kLuminance);
  const double full = fullScale(frame.view().type);
  const int columns = plane.width / kGradientCell, rows = plane.height / kGradientCell;
  std::vector<double> expected(3 * columns * rows);
  double sum = 0;
  for (int y = 1; y + 1 < plane.height; ++y) {
    for (int x = 1; x + 1 < plane.width; ++x) {
      double across = 0, down = 0;
      for (int k = -1; k <= 1; ++k) {
        const double weight = (2 - std::abs(k)) / (8 * full);
        across += weight * (plane.at(x + 1, y + k) - plane.at(x - 1, y + k));
        down += weight * (plane.at(x + k, y + 1) - plane.at(x + k, y - 1));
      }
      sum += std::hypot(across, down);
      const int column = x / kGradientCell, row = y / kGradientCell;
      if (column >= columns || row >= rows) continue;
      double* cell = &expected[3 * (row * columns + column)];
      cell[0] += across * across, cell[1] += down * down, cell[2] += across * down;
    }
  }
  expected.push_back(sum / ((plane.width - 2.0) * (plane.height - 2)));
  context.expect(found.size() == expected.size(), "other cells");
  for (std::size_t i = 0; i < expected.size() && i < found.size(); ++i) {
    context.expect(
        std::fabs(found[i] - expected[i]) < 1e-9,
        "cell " + std::to_string(i) + ": " + std::to_string(found[i]) + " instead of " + std::to_string(expected[i]));
  }
}

}  // namespace

std::vector<Check> metricChecks() {
  std::vector<Check> checks;
  for (SampleType type : {SampleType::kUint8, SampleType::kUint16, SampleType::kFloat32}) {
    const std::string bits = ", " + std::to_string(8 * sampleBytes(type)) + " bit";
    for (int channels = 1; channels <= 4; ++channels) {
      for (Size size : {Size{16, 16}, {67, 41}, {530, 90}}) {
        const TestFrame a(type, size.width, size.height, channels, 1), b(type, size.width, size.height, channels, 2);
        const std::string name = nameOf(a.view()) + bits;
        checks.push_back({"metrics: squared error of " + name, [=](Context& c) { checkSquaredError(c, a, b); }});
        checks.push_back({"metrics: SSIM of " + name, [=](Context& c) { checkSimilarity(c, a, b, kLuminance, {}); }});
        if (size.height < 80) continue;
        checks.push_back(
            {"metrics: pooled SSIM of " + name, [=](Context& c) { checkSimilarity(c, a, b, kLuminance, {3, 0}); }});
        checks.push_back(
            {"metrics: SSIM of halves of " + name, [=](Context& c) { checkSimilarity(c, a, b, kLuminance, {1, 2}); }});
        checks.push_back({"metrics: SSIM of the last channel of " + name,
                          [=](Context& c) { checkSimilarity(c, a, b, a.view().colours() - 1, {2, 0}); }});
      }
    }
  }
  for (Size size : {Size{16, 16}, {50, 33}, {131, 70}}) {
    const TestFrame frame(SampleType::kUint8, size.width, size.height, 3, 5);
    checks.push_back({"metrics: gradients of " + nameOf(frame.view()), [=](Context& c) { checkEdges(c, frame); }});
  }
  for (Size size : {Size{96, 96}, {200, 100}, {193, 207}}) {
    const TestFrame frame(SampleType::kUint8, size.width, size.height, 3, 3);
    checks.push_back(
        {"metrics: scene statistics of blocks of " + nameOf(frame.view()), [=](Context& c) { checkBlocks(c, frame); }});
  }
  for (Size size : {Size{16, 16}, {35, 131}, {150, 260}, {77, 65}}) {
    const TestFrame frame(SampleType::kUint16, size.width, size.height, 1, 4);
    checks.push_back(
        {"metrics: scene statistics of " + nameOf(frame.view()), [=](Context& c) { checkScene(c, frame); }});
  }
  return checks;
}

}  // namespace perifocal::checks
