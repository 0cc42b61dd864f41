// Samples that no blurred scene can have: against a plain reference, over sample types, masks, strides and borders; and
// for every number of threads and every instruction set.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "checks/check.h"
#include "checks/crew.h"
#include "checks/emulated_floats.h"
#include "checks/random.h"
#include "checks/reference_defects.h"
#include "checks/reference_stuck.h"
#include "deconvolution/defects.h"

namespace perifocal::checks {
namespace {

/// A plane of one channel of an interleaved frame.
struct Samples {
  SampleType type;
  int stride;
  std::vector<std::byte> bytes;

  double scale() const { return fullScale(type); }
  double at(std::size_t pixel) const {
    const std::byte* first = bytes.data() + pixel * stride * sampleBytes(type);
    if (type == SampleType::kUint8) return static_cast<double>(*first);
    if (type == SampleType::kUint16) return *reinterpret_cast<const std::uint16_t*>(first);
    return *reinterpret_cast<const float*>(first);
  }
  void set(std::size_t pixel, double value) {
    std::byte* first = bytes.data() + pixel * stride * sampleBytes(type);
    const double clamped = std::clamp(value, 0.0, 1.0) * scale();
    if (type == SampleType::kUint8) *first = static_cast<std::byte>(std::lround(clamped));
    if (type == SampleType::kUint16) *reinterpret_cast<std::uint16_t*>(first) = std::lround(clamped);
    if (type == SampleType::kFloat32) *reinterpret_cast<float*>(first) = static_cast<float>(value);
  }
};

struct Case {
  DefectProblem problem;
  Samples samples;
};

/// Single pixels, pairs within 2 pixels, rows of three and four, three and four of a square, blocks of six and nine, a
/// pixel with the four next to it, T, S and L.
std::vector<DefectCluster> clustersOf() {
  std::vector<DefectCluster> clusters{{{{0, 0}}, 0.3, 0.2}};
  for (int i = 13; i < 25; ++i) clusters.push_back({{{0, 0}, {i % 5 - 2, i / 5 - 2}}, 0.4, 0.2});
  for (int count : {3, 4}) {
    DefectCluster row{{}, 0.5, 0.3}, column{{}, 0.5, 0.3};
    for (int i = 0; i < count; ++i) row.places.push_back({i, 0}), column.places.push_back({0, i});
    clusters.push_back(row), clusters.push_back(column);
  }
  clusters.push_back({{{0, 0}, {1, 0}, {0, 1}}, 0.5, 0.3});
  clusters.push_back({{{0, 0}, {1, 0}, {1, 1}}, 0.5, 0.3});
  clusters.push_back({{{0, 0}, {-1, 1}, {0, 1}}, 0.5, 0.3});
  clusters.push_back({{{0, 0}, {0, 1}, {1, 1}}, 0.5, 0.3});
  clusters.push_back({{{0, 0}, {1, 0}, {0, 1}, {1, 1}}, 0.5, 0.3});
  clusters.push_back({{{0, 0}, {1, 0}, {2, 0}, {0, 1}, {1, 1}, {2, 1}}, 0.6, 0.3});
  clusters.push_back({{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0, 2}, {1, 2}}, 0.6, 0.3});
  clusters.push_back({{{0, 0}, {-1, 1}, {0, 1}, {1, 1}, {0, 2}}, 0.6, 0.3});
  clusters.push_back({{{0, 0}, {1, 0}, {2, 0}, {0, 1}, {1, 1}, {2, 1}, {0, 2}, {1, 2}, {2, 2}}, 0.7, 0.4});
  const std::vector<DefectCluster::Place> fours[] = {
      {{0, 0}, {1, 0}, {2, 0}, {1, 1}},   {{0, 0}, {-1, 1}, {0, 1}, {1, 1}},  {{0, 0}, {0, 1}, {1, 1}, {0, 2}},
      {{0, 0}, {-1, 1}, {0, 1}, {0, 2}},  {{0, 0}, {1, 0}, {1, 1}, {2, 1}},   {{0, 0}, {1, 0}, {-1, 1}, {0, 1}},
      {{0, 0}, {0, 1}, {1, 1}, {1, 2}},   {{0, 0}, {-1, 1}, {0, 1}, {-1, 2}}, {{0, 0}, {0, 1}, {1, 1}, {2, 1}},
      {{0, 0}, {-2, 1}, {-1, 1}, {0, 1}}, {{0, 0}, {1, 0}, {2, 0}, {0, 1}},   {{0, 0}, {1, 0}, {2, 0}, {2, 1}},
      {{0, 0}, {0, 1}, {0, 2}, {1, 2}},   {{0, 0}, {0, 1}, {-1, 2}, {0, 2}},  {{0, 0}, {1, 0}, {0, 1}, {0, 2}},
      {{0, 0}, {1, 0}, {1, 1}, {1, 2}}};
  for (const auto& places : fours) clusters.push_back({places, 0.5, 0.3});
  return clusters;
}

/// The same as solvers are given them.
std::vector<Cluster> nativeClusters(const DefectProblem& problem) {
  std::vector<Cluster> clusters;
  for (const DefectCluster& one : problem.clusters) {
    const std::vector<double> inverse = clusterInverse(problem.weights, one);
    const int count = static_cast<int>(one.places.size());
    Cluster cluster{};
    cluster.count = count;
    for (int i = 0; i < count; ++i) {
      cluster.x[i] = one.places[i].x, cluster.y[i] = one.places[i].y;
      for (int k = 0; k < count; ++k) cluster.inverse[i][k] = static_cast<float>(inverse[i * count + k]);
    }
    cluster.spreadShare = static_cast<float>(one.spreadShare);
    cluster.aloneShare = static_cast<float>(one.aloneShare);
    clusters.push_back(cluster);
  }
  return clusters;
}

/// A pixel, or several of a square or a row, no three of them as bright as the brightest, which would be clipped.
void spoil(Case& made, Random& random, std::size_t place) {
  constexpr int kSides[][2] = {{1, 1}, {1, 1}, {2, 1}, {1, 2}, {2, 2}, {3, 1}, {1, 4}, {3, 2}, {2, 3}, {3, 3}};
  const auto [across, down] = kSides[random.between(0, 9)];
  const bool isDark = random.between(0, 1) == 0;
  const int x = static_cast<int>(place % made.problem.width), y = static_cast<int>(place / made.problem.width);
  for (int v = y; v < std::min(made.problem.height, y + down); ++v) {
    for (int u = x; u < std::min(made.problem.width, x + across); ++u) {
      made.samples.set(static_cast<std::size_t>(v) * made.problem.width + u,
                       isDark ? 0.02 : 0.88 + 0.012 * (u - x + v - y) + 0.01 * random.unit());
    }
  }
}

/// Smooth waves with noise, holes, and pixels that stand out, alone and side by side, some of them in corners.
Case caseOf(std::uint64_t seed) {
  Random random(seed);
  Case made;
  DefectProblem& p = made.problem;
  p.width = random.between(16, 75), p.height = random.between(16, 75);
  const std::size_t pixels = static_cast<std::size_t>(p.width) * p.height;
  const SampleType types[] = {SampleType::kUint8, SampleType::kUint16, SampleType::kFloat32};
  made.samples.type = types[random.between(0, 2)];
  made.samples.stride = random.between(1, 4);
  made.samples.bytes.resize(pixels * made.samples.stride * sampleBytes(made.samples.type));
  p.step = made.samples.type == SampleType::kFloat32 ? 1.0 / 4096 : 1 / made.samples.scale();
  p.rounding = made.samples.type == SampleType::kFloat32 ? 0 : p.step;
  p.weights.assign(25, 0);
  for (int tap : {7, 11, 13, 17}) p.weights[tap] = 0.35;
  for (int tap : {6, 8, 16, 18}) p.weights[tap] = -0.1;
  p.clusters = clustersOf();
  p.valid.assign(pixels, 1);
  const double noise = 0.004 + 0.004 * random.unit(), phase = 6 * random.unit();
  for (int y = 0; y < p.height; ++y) {
    for (int x = 0; x < p.width; ++x) {
      double value = 0.45 + 0.12 * std::sin(0.11 * x + phase) * std::cos(0.09 * y);
      for (int i = 0; i < 4; ++i) value += noise * 1.7 * (random.unit() - 0.5);
      made.samples.set(static_cast<std::size_t>(y) * p.width + x, value);
    }
  }
  for (int holes = random.between(0, 3), hole = 0; hole < holes; ++hole) p.valid[random.next() % pixels] = 0;
  for (int count = random.between(0, 9), i = 0; i < count; ++i) {
    const std::size_t place = i == 0 ? pixels - 1 : random.next() % pixels;
    spoil(made, random, place);
  }
  for (std::size_t i = 0; i < pixels; ++i) p.samples.push_back(made.samples.at(i) / made.samples.scale());
  return made;
}

struct Found {
  DefectCounts counts, counted;
  std::vector<std::uint8_t> valid;
  std::vector<std::byte> bytes;
};

Found findIn(const Case& made, const FloatUnit& unit, Team& team, StepRatios ratios = {0.5, 0.5}) {
  const DefectProblem& p = made.problem;
  Found found{{}, {}, p.valid, made.samples.bytes};
  const std::vector<float> weights(p.weights.begin(), p.weights.end());
  const std::vector<Cluster> clusters = nativeClusters(p);
  const bool isFloat = made.samples.type == SampleType::kFloat32;
  const int stride = made.samples.stride;
  DefectRequest request{};
  request.window = {found.bytes.data(), made.samples.type, stride, static_cast<std::ptrdiff_t>(stride) * p.width, 0};
  request.width = p.width, request.height = p.height;
  request.prediction = {.weights = weights.data(),
                        .clusters = clusters.data(),
                        .width = 5,
                        .height = 5,
                        .stepRatio = static_cast<float>(ratios.ofLines),
                        .columnStepRatio = static_cast<float>(ratios.ofColumns)};
  request.kernels = unit.deconvolution;
  request.step = static_cast<float>(p.step);
  request.low = isFloat ? -INFINITY : 0.0f, request.high = isFloat ? INFINITY : 1.0f;
  request.valid = found.valid.data();
  request.countFrom = p.height / 4, request.countTo = p.height / 2;
  const FoundDefects all = findDefects(request, team);
  found.counts = all.all, found.counted = all.counted;
  return found;
}

/// Many cases: those that are too near a limit to be judged tell nothing.
void checkFound(Context& context, std::uint64_t first, int count) {
  const FloatUnit unit = nativeFloatUnits().front();
  int clear = 0, defects = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Case made = caseOf(seed);
    const ReferenceDefects expected = referenceDefects(made.problem);
    if (!expected.isClear) continue;
    ++clear;
    Team team(1);
    const Found found = findIn(made, unit, team);
    const int width = made.problem.width, from = made.problem.height / 4 * width, to = made.problem.height / 2 * width;
    const auto first = expected.isDefect.begin();
    context.expect(found.counted.hot + found.counted.dead == std::count(first + from, first + to, 1),
                   "seed " + std::to_string(seed) + ": another number in some rows");
    for (std::size_t i = 0; i < found.valid.size(); ++i) {
      const bool isLeftOut = made.problem.valid[i] != 0 && found.valid[i] == 0;
      const bool isExpected = expected.isDefect[i] != 0;
      defects += isExpected;
      context.expect(isLeftOut == isExpected, "seed " + std::to_string(seed) + ", pixel " + std::to_string(i) +
                                                  (isExpected ? " was not found" : " is no defect"));
    }
  }
  context.expect(clear > count / 4, "only " + std::to_string(clear) + " cases are clear");
  context.expect(defects > clear, "only " + std::to_string(defects) + " defects");
}

void checkSameBytes(Context& context, const FloatUnit& unit) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const Case made = caseOf(seed);
    Team alone(1);
    const Found one = findIn(made, nativeFloatUnits().back(), alone);
    forEveryCrew([&](Crew& crew, const std::string& name) {
      const Found other = findIn(made, unit, crew.team());
      context.expect(one.valid == other.valid && one.bytes == other.bytes && one.counts.hot == other.counts.hot,
                     "seed " + std::to_string(seed) + ", " + name + ": other bytes");
    });
  }
}

/// Smooth waves with noise and a column or a line, or several, stuck at a value that stands out more or less.
Case stuckCaseOf(std::uint64_t seed) {
  Random random(seed);
  Case made = caseOf(seed);
  DefectProblem& p = made.problem;
  const bool isColumn = random.between(0, 1) == 0;
  const int length = isColumn ? p.height : p.width, breadth = isColumn ? p.width : p.height;
  const int first = random.between(0, breadth - 1), end = std::min(breadth, first + random.between(1, 3));
  const int from = random.between(0, 1) * random.between(0, length / 4), to = length - random.between(0, 1) * 9;
  const double value = 0.02 + 0.4 * random.unit();
  p.valid.assign(p.valid.size(), 1);
  for (int across = first; across < end; ++across) {
    for (int along = from; along < to; ++along) {
      const int x = isColumn ? across : along, y = isColumn ? along : across;
      made.samples.set(static_cast<std::size_t>(y) * p.width + x, value);
    }
  }
  for (std::size_t i = 0; i < p.samples.size(); ++i) p.samples[i] = made.samples.at(i) / made.samples.scale();
  return made;
}

/// With ratios that differ: what is one for columns must not be taken for the other.
void checkStuck(Context& context) {
  int clear = 0, columns = 0, lines = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    const Case made = stuckCaseOf(seed);
    if (made.problem.width > 64 || made.problem.height > 64) continue;
    const StepRatios ratios = seed % 2 == 0 ? StepRatios{0.2, 5} : StepRatios{5, 0.2};
    const ReferenceStuck expected = referenceStuck(made.problem, ratios);
    Team team(1);
    const Found found = findIn(made, nativeFloatUnits().front(), team, ratios);
    if (!expected.isClear || found.counts.clipped > 0) continue;
    ++clear, columns += expected.columns, lines += expected.lines;
    const std::string name = "seed " + std::to_string(seed);
    context.expect(found.counts.columns == expected.columns && found.counts.lines == expected.lines,
                   name + ": another number of columns or lines");
    context.expect(found.counts.stuck == std::count(expected.isStuck.begin(), expected.isStuck.end(), 1),
                   name + ": another number of stuck pixels");
    for (std::size_t i = 0; i < found.valid.size(); ++i) {
      if (expected.isStuck[i] != 0) context.expect(found.valid[i] == 0, name + ": a stuck pixel counts");
    }
  }
  context.expect(clear > 100 && columns > 20 && lines > 20,
                 std::to_string(columns) + " columns and " + std::to_string(lines) + " lines in clear cases");
}

/// A column that is stuck from top to bottom, and a white block.
void checkStuckAndWhite(Context& context) {
  Case made = caseOf(3);
  for (std::uint64_t seed = 4;
       made.problem.height < 40 || made.problem.width < 40 || made.samples.type == SampleType::kFloat32; ++seed) {
    made = caseOf(seed);
  }
  const int width = made.problem.width, column = 9;
  made.problem.valid.assign(made.problem.valid.size(), 1);
  for (int y = 0; y < made.problem.height; ++y) made.samples.set(static_cast<std::size_t>(y) * width + column, 0);
  for (int i = 0; i < 144; ++i) made.samples.set(static_cast<std::size_t>(14 + i / 12) * width + 24 + i % 12, 1);
  Team team(1);
  const Found found = findIn(made, nativeFloatUnits().front(), team);
  context.expect(found.counts.columns == 1 && found.counts.lines == 0, "the stuck column was not found");
  context.expect(found.counts.clipped >= 144, std::to_string(found.counts.clipped) + " clipped samples");
  for (int i = 0; i < 144; ++i) {
    const std::uint8_t state = found.valid[static_cast<std::size_t>(14 + i / 12) * width + 24 + i % 12];
    context.expect(state == ValidMask::kAtLeast, "a white sample has the state " + std::to_string(state));
  }
}

}  // namespace

std::vector<Check> defectChecks() {
  std::vector<Check> checks;
  for (int part = 0; part < 4; ++part) {
    const std::uint64_t first = 100 * (part + 1);
    const std::string name = "defects against a plain reference, seeds from " + std::to_string(first);
    checks.push_back({name, [=](Context& c) { checkFound(c, first, 60); }});
  }
  for (const FloatUnit& unit : nativeFloatUnits()) {
    const std::string name = std::string("defects on any threads, ") + unit.deconvolution->name + " (native)";
    checks.push_back({name, [=](Context& c) { checkSameBytes(c, unit); }});
  }
  for (const FloatUnit& unit : emulatedFloatUnits()) {
    const std::string name = std::string("defects on any threads, ") + unit.deconvolution->name + " (emulated)";
    checks.push_back({name, [=](Context& c) { checkSameBytes(c, unit); }});
  }
  checks.push_back({"stuck columns and lines against a plain reference", checkStuck});
  checks.push_back({"stuck columns and white areas", checkStuckAndWhite});
  return checks;
}

}  // namespace perifocal::checks
