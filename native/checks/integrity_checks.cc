// The sums by which passes are checked: each against a plain oracle, what they see, and that less would not do.
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "checks/check.h"
#include "checks/conv_problem.h"
#include "checks/emulated.h"
#include "checks/random.h"
#include "checks/random_model.h"
#include "faults/subject.h"
#include "integrity/firing_sums.h"
#include "isa/registry.h"
#include "kernels/winograd.h"
#include "network/model.h"
#include "streaming/memory_plan.h"

namespace perifocal::checks {
namespace {

constexpr int kChannels = 128;

/// Sums of one job, as a thread makes them.
class Sums {
 public:
  Sums() : memory_(FiringSums::entries(kChannels)) {
    sums_.attach(memory_.data());
    sums_.begin(kChannels, kMaxBlockRows, -1);
    job_ = sums_.of(0, 0);
  }
  const ConvSums& job() const { return job_; }

 private:
  std::vector<std::int32_t> memory_;
  FiringSums sums_;
  ConvSums job_;
};

/// A row of an output, summed by channel, its samples taken as of type `T`.
template <class T, class Stored>
std::int32_t plainSum(const Rows<Stored>& rows, int row, int channel, int channels) {
  std::uint32_t sum = 0;
  for (int at = channel; at < rows.samples(); at += channels) {
    sum += static_cast<std::uint32_t>(static_cast<T>(rows.readable()[row][at]));
  }
  return static_cast<std::int32_t>(sum);
}

/// Each sum that a kernel makes in passing is that of what it stored, and its outputs are those of the scalar kernels.
void checkSums(Context& context, const Kernels& kernels, Algorithm algorithm, const ConvCase& c) {
  const ConvProblem problem(c, 21);
  for (int splits = 1; splits <= 2; ++splits) {
    const Sums sums, scalar;
    const auto out = problem.run(kernels, algorithm, splits, &sums.job());
    const auto expected = problem.run(*findIsa("scalar")->kernels, Algorithm::kDirect, 1, &scalar.job());
    const int channels = roundUp(c.out, 4), unsignedBy = kernels.layout.storedOffset;
    const std::string where = nameOf(c) + " in " + std::to_string(splits) + " column ranges";
    context.expect(out == expected, "watching changes the result of " + where);
    for (int o = 0; o < c.out; ++o) {
      context.expect(sums.job().outputs[o] == scalar.job().outputs[o], "outputs of " + where);
      context.expect(sums.job().difference[o] == 0, "a repeated epilogue differs in " + where);
      for (int row = 0; row < c.rows; ++row) {
        // A job's codes are stored with an offset, an output's are logical.
        const std::int32_t codes = plainSum<std::int8_t>(out.codes, row, o, channels) + unsignedBy * c.width;
        const bool partial = c.epilogue == Epilogue::kPartial, trunk = c.epilogue != Epilogue::kQuantise && !partial;
        const std::int32_t stored = partial ? plainSum<std::int32_t>(out.partial, row, o, channels) : codes;
        context.expect(sums.job().stored[row][o] == stored, "stored values of " + where);
        if (!trunk) continue;
        context.expect(sums.job().trunkOut[row][o] == plainSum<std::int16_t>(out.trunk, row, o, channels),
                       "trunk of " + where);
      }
    }
  }
}

using Tile = std::array<std::array<std::int64_t, kTileSide>, kTileSide>;

/// What becomes of the 16 sums of a tile when M[p][q] changes by `change`, modulo 2^32.
Tile struckTile(const Tile& y, int p, int q, std::uint32_t change) {
  constexpr int kA[4][6] = {{1, 4, 4, 1, 1, 0}, {0, 2, -2, 1, -1, 0}, {0, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 1}};
  Tile result;
  for (int i = 0; i < kTileSide; ++i) {
    for (int j = 0; j < kTileSide; ++j) {
      const int shift = kTileShift[i] + kTileShift[j];
      const std::uint32_t before = static_cast<std::uint32_t>(y[i][j]) << shift;
      const std::uint32_t factor = static_cast<std::uint32_t>(kA[i][p] * kA[j][q]);
      result[i][j] = static_cast<std::int32_t>(before + change * factor * kInverseOf9) >> shift;
    }
  }
  return result;
}

/// A flipped bit of a sum of products spreads over 16 outputs, which may cancel: sums alone miss some 9 %, sums and
/// ranges none.
void checkRangeIsNeeded(Context& context) {
  Random random(3);
  std::int64_t total = 0, bySum = 0, byBoth = 0;
  for (int n = 0; n < 100; ++n) {
    Tile y;
    for (auto& line : y) {
      for (auto& value : line) value = random.between(-7000000, 7000000);
    }
    for (int flip = 0; flip < kTilePositions * 64; ++flip) {
      const std::uint32_t change = flip % 2 == 0 ? 1u << flip / 2 % 32 : 0u - (1u << flip / 2 % 32);
      const Tile struck = struckTile(y, flip / 64 / 6, flip / 64 % 6, change);
      std::uint32_t sums = 0;
      bool inRange = true;
      for (int i = 0; i < kTileSide * kTileSide; ++i) {
        const std::int64_t value = struck[i / 4][i % 4];
        sums += static_cast<std::uint32_t>(value - y[i / 4][i % 4]);
        inRange &= value >= -kWatchedLimit && value < kWatchedLimit;
      }
      ++total;
      bySum += sums == 0 && struck != y;
      byBoth += sums == 0 && inRange && struck != y;
    }
  }
  const double missed = static_cast<double>(bySum) / static_cast<double>(total);
  context.expect(missed > 0.08 && missed < 0.12, "sums alone miss " + std::to_string(missed));
  context.expect(byBoth == 0, "sums and ranges miss " + std::to_string(byBoth));
}

/// A layer none of whose weights reads an input channel is blind for it, and the loader says so.
void checkCoverage(Context& context) {
  RandomModel source({1, 4}, 7);
  std::unique_ptr<Model> model;
  const auto load = [&] {
    return Model::build(source.shape(), source.tensors(), *findIsa("scalar")->kernels, {}, Team(1), model, true).ok();
  };
  context.expect(load() && model->coverage().cases > 0, "no coverage");
  const std::int64_t before = model->coverage().blindCases;
  source.blind("Encoder.0.layers.0.main.0.main.0", 1);
  context.expect(load() && model->coverage().blindCases == before + 49, "a blind channel is not told of");
}

/// Passes that are checked give the bytes of the scalar pass that is not, and raise no alarm.
void checkSameBytes(Context& context, const Kernels& kernels) {
  for (bool transposed : {false, true}) {
    faults::Setting setting;
    setting.transposed = transposed;
    const auto digestBy = [&](const Kernels& one) {
      faults::Subject subject(setting, one);
      context.expect(subject.load().ok(), "no model");
      faults::arm(subject.victim(), {});
      const faults::PassResult result = subject.pass();
      context.expect(result.status.ok() && result.alarms == 0, "an alarm in " + nameOf(setting));
      return result.digest;
    };
    setting.integrity = Integrity::kOff;
    const std::uint64_t expected = digestBy(*findIsa("scalar")->kernels);
    for (int threads = 1; threads <= 3; ++threads) {
      for (Integrity integrity : {Integrity::kChecked, Integrity::kFull}) {
        setting.threads = threads;
        setting.integrity = integrity;
        setting.stripRows = 4 * threads;
        setting.winograd = kernels.layout.hasWinograd() && !setting.winograd;
        context.expect(digestBy(kernels) == expected, "other bytes in " + nameOf(setting));
      }
    }
  }
}

/// What checking adds to the plan of a frame.
void checkMemory(Context& context, const Kernels& kernels) {
  for (int base : {16, 32}) {
    const Graph graph = buildGraph({8, base});
    for (int threads = 1; threads <= 3; ++threads) {
      PassShape pass{2048, 1536, false, threads, 64};
      const std::size_t less = planMemory(graph, pass, kernels.layout).arenaBytes;
      pass.integrity = Integrity::kFull;
      const std::size_t more = planMemory(graph, pass, kernels.layout).arenaBytes - less;
      context.expect(more <= less / 100 + (64 << 10), std::to_string(more) + " bytes beside " + std::to_string(less));
    }
  }
}

void addSumChecks(std::vector<Check>& checks) {
  for (const auto& [name, kernels] : runnableKernels()) {
    for (Algorithm algorithm : {Algorithm::kDirect, Algorithm::kWinograd}) {
      if (algorithm == Algorithm::kWinograd && !kernels->layout.hasWinograd()) continue;
      for (Epilogue epilogue : {Epilogue::kQuantise, Epilogue::kStartTrunk, Epilogue::kAddTrunk, Epilogue::kPartial}) {
        for (int width : {5, 19, 40}) {
          const ConvCase c{3, 1, {28}, 36, width, epilogue, Data::kRandom};
          checks.push_back({name + " sums of " + nameOf(c) + (algorithm == Algorithm::kDirect ? "" : " by winograd"),
                            [=, kernels = kernels](Context& context) { checkSums(context, *kernels, algorithm, c); }});
        }
      }
    }
  }
}

}  // namespace

std::vector<Check> integrityChecks() {
  std::vector<Check> checks = {{"winograd needs the range of its sums", checkRangeIsNeeded},
                               {"the loader counts blind cases", checkCoverage}};
  addSumChecks(checks);
  for (const auto& [name, kernels] : runnableKernels()) {
    const Kernels* one = kernels;
    checks.push_back({name + " checked passes: same bytes", [=](Context& c) { checkSameBytes(c, *one); }});
    checks.push_back({name + " checks: memory", [=](Context& c) { checkMemory(c, *one); }});
  }
  return checks;
}

}  // namespace perifocal::checks
