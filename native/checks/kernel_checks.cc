// Every kernel of every instruction set against the scalar definition: random and extreme data, all borders, odd
// widths, canaries around every output (after dav1d's checkasm).
#include <algorithm>
#include <cstring>
#include <string>

#include "checks/check.h"
#include "checks/emulated.h"
#include "checks/random.h"
#include "kernels/limits.h"
#include "kernels/registry.h"
#include "kernels/scratch.h"
#include "network/pack.h"

namespace perifocal::checks {
namespace {

enum class Data { kRandom, kAllMin, kAllMax, kAlternating };

struct ConvCase {
  int kernel, stride;       ///< 3x3, 1x1 or a stride-2 3x3
  std::vector<int> sources;
  int out;
  int width;                ///< output columns
  Epilogue epilogue;
  Data data;
};

/// Rows with pads and slack, filled with canaries so that stray writes show.
template <class T>
class Rows {
 public:
  static constexpr int kGuard = 1024;

  Rows(int count, int samples, T canary) : samples_(samples), canary_(canary) {
    for (int i = 0; i < count; ++i) storage_.emplace_back(samples + 2 * kGuard, canary);
    for (auto& row : storage_) pointers_.push_back(row.data() + kGuard);
    readable_.assign(pointers_.begin(), pointers_.end());
  }

  int samples() const { return samples_; }
  T* const* rows() { return pointers_.data(); }
  const T* const* readable() const { return readable_.data(); }
  bool guardsIntact() const {
    for (const auto& row : storage_) {
      for (int i = 0; i < kGuard; ++i) {
        if (row[i] != canary_ || row[row.size() - 1 - i] != canary_) return false;
      }
    }
    return true;
  }
  bool operator==(const Rows& other) const {
    for (std::size_t i = 0; i < storage_.size(); ++i) {
      if (!std::equal(pointers_[i], pointers_[i] + samples_, other.pointers_[i])) return false;
    }
    return true;
  }

 private:
  int samples_;
  T canary_;
  std::vector<std::vector<T>> storage_;
  std::vector<T*> pointers_;
  std::vector<const T*> readable_;
};

int sample(Data data, Random& random, int low, int high, int index) {
  switch (data) {
    case Data::kRandom: return random.between(low, high);
    case Data::kAllMin: return low;
    case Data::kAllMax: return high;
    case Data::kAlternating: return index % 2 == 0 ? low : high;
  }
  return 0;
}

/// One convolution: inputs as logical codes, runnable by any instruction set.
class ConvProblem {
 public:
  static constexpr int kRows = kMaxBlockRows;

  ConvProblem(const ConvCase& c, std::uint64_t seed) : case_(c) {
    Random random(seed);
    layer_ = {"case", c.kernel, c.stride, c.sources, std::vector<int>(c.sources.size(), 0), c.out, false,
              LayerRole::kPlain, ""};
    weights_.resize(static_cast<std::size_t>(layer_.inputChannels()) * c.out * c.kernel * c.kernel);
    int index = 0;
    for (auto& w : weights_) w = static_cast<std::int8_t>(sample(c.data, random, -127, 127, index++ / 3));
    for (int channels : c.sources) {
      const std::size_t count = static_cast<std::size_t>(inputRows()) * (inputWidth() + 2) * roundUp(channels, 4);
      auto& codes = codes_.emplace_back(count);
      for (auto& code : codes) code = sample(c.data, random, -128, 127, index++);
    }
    for (int i = 0; i < roundUp(c.out, 16); ++i) {
      bias_.push_back(random.between(-100000, 100000));
      multiplier_.push_back(static_cast<float>(c.data == Data::kRandom ? 1e-4 * (1 + random.unit()) : 3e-6));
    }
    for (int i = 0; i < kRows * outSamples(); ++i) {
      trunk_.push_back(static_cast<std::int16_t>(random.between(-32768, 32767)));
      addend_.push_back(random.between(-1000000, 1000000));
    }
  }

  struct Output {
    Rows<std::uint8_t> codes;
    Rows<std::int16_t> trunk;
    Rows<std::int32_t> partial;
    bool intact() const { return codes.guardsIntact() && trunk.guardsIntact() && partial.guardsIntact(); }
    bool operator==(const Output& o) const {
      return codes == o.codes && trunk == o.trunk && partial == o.partial;
    }
  };

  Output run(const Kernels& kernels, int splits) const {
    const KernelLayout& layout = kernels.layout;
    // Unwritten codes must compare equal as logical codes too.
    const auto canary = static_cast<std::uint8_t>(0x25 + layout.storedOffset);
    Output out{{kRows, outSamples(), canary}, {kRows, outSamples(), 0x5a5a}, {kRows, outSamples(), 0x5a5a5a5a}};
    Rows<std::int32_t> addendRows(kRows, outSamples(), 0);
    Rows<std::int16_t> trunkRows(kRows, outSamples(), 0);
    for (int r = 0; r < kRows; ++r) {
      std::copy_n(addend_.begin() + r * outSamples(), outSamples(), addendRows.rows()[r]);
      std::copy_n(trunk_.begin() + r * outSamples(), outSamples(), trunkRows.rows()[r]);
    }
    const ConvAddend addends[2] = {{addendRows.readable(), 1}, {addendRows.readable(), 2}};
    std::vector<ConvSource> sources;
    std::vector<Rows<std::uint8_t>> inputs = storedInputs(layout.storedOffset, sources);
    for (std::size_t s = 0; s < sources.size(); ++s) sources[s].rows = inputs[s].readable();
    std::vector<ConvTap> taps;
    for (const WeightTap& tap : tapsOf(layer_, 0)) {
      taps.push_back({tap.source, tap.ky, tap.kx - case_.kernel / 2});
    }
    std::vector<std::byte> packed(packedWeightBytes(layer_, 0, layout) + 64);
    auto* aligned = packed.data() + (64 - reinterpret_cast<std::uintptr_t>(packed.data()) % 64) % 64;
    packWeights(layer_, 0, weights_, layout, aligned);
    const std::vector<std::int32_t> bias = compensatedBias(layout);
    ConvJob job{};
    job.sources = sources.data();
    job.taps = taps.data();
    job.tapCount = static_cast<int>(taps.size());
    job.weights = aligned;
    job.bias = bias.data();
    job.multiplier = multiplier_.data();
    job.channels = case_.out;
    job.rowCount = kRows;
    job.outStep = 1;
    job.outChannels = outChannels();
    job.epilogue = case_.epilogue;
    job.low = -128 - 5;
    job.high = 127 - 5;
    job.storedZero = 5 + layout.storedOffset;
    job.copyMultiplier = 0.01f;
    job.addends = addends;
    job.addendCount = case_.kernel == 1 ? 2 : 0;
    job.trunkIn = trunkRows.readable();
    job.trunkOut = out.trunk.rows();
    job.codesOut = out.codes.rows();
    job.partialOut = out.partial.rows();
    runColumns(kernels, job, splits);
    toLogical(out.codes, layout.storedOffset);
    return out;
  }

 private:
  int inputWidth() const { return case_.width * case_.stride; }
  int inputRows() const { return (kRows - 1) * case_.stride + case_.kernel; }
  int outChannels() const { return case_.epilogue == Epilogue::kResidual ? case_.out : roundUp(case_.out, 4); }
  int outSamples() const { return case_.width * outChannels(); }

  std::vector<Rows<std::uint8_t>> storedInputs(int offset, std::vector<ConvSource>& sources) const {
    std::vector<Rows<std::uint8_t>> inputs;
    for (std::size_t s = 0; s < case_.sources.size(); ++s) {
      const int channels = roundUp(case_.sources[s], 4), samples = (inputWidth() + 2) * channels;
      // Guards take the tile's over-read of narrow rows, up to 2 x 12 pixels x 128 channels.
      Rows<std::uint8_t>& rows = inputs.emplace_back(inputRows(), samples + 4096, 0x77);
      for (int r = 0; r < inputRows(); ++r) {
        for (int i = 0; i < samples; ++i) {
          rows.rows()[r][i - channels] = static_cast<std::uint8_t>(codes_[s][r * samples + i] + offset);
        }
      }
      const int reach = case_.kernel / 2;
      sources.push_back({nullptr, channels, case_.stride, case_.stride, -reach, reach, inputRows()});
    }
    return inputs;
  }

  std::vector<std::int32_t> compensatedBias(const KernelLayout& layout) const {
    std::vector<std::int32_t> bias = bias_;
    for (int c = 0; c < case_.out; ++c) {
      std::int32_t sum = 0;
      for (int i = 0; i < layer_.inputChannels(); ++i) {
        for (int k = 0; k < case_.kernel * case_.kernel; ++k) {
          sum += weights_[weightOffset(layer_, c, i, k / case_.kernel, k % case_.kernel)];
        }
      }
      bias[c] -= sum * layout.storedOffset;
    }
    return bias;
  }

  void runColumns(const Kernels& kernels, const ConvJob& job, int splits) const {
    const std::size_t bytes = scratchBytes(kernels.layout, 256, inputRows());
    std::vector<std::byte> scratch(bytes + 64);
    auto* aligned = scratch.data() + (64 - reinterpret_cast<std::uintptr_t>(scratch.data()) % 64) % 64;
    for (int i = 0; i < splits; ++i) {
      const int begin = case_.width * i / splits, end = case_.width * (i + 1) / splits;
      if (begin < end) kernels.convolve(job, begin, end, aligned);
    }
  }

  static void toLogical(Rows<std::uint8_t>& codes, int offset) {
    if (offset == 0) return;
    for (int r = 0; r < kRows; ++r) {
      for (int i = 0; i < codes.samples(); ++i) codes.rows()[r][i] ^= 0x80;
    }
  }

  ConvCase case_;
  LayerSpec layer_;
  std::vector<std::int8_t> weights_;
  std::vector<std::vector<int>> codes_;
  std::vector<std::int32_t> bias_, addend_;
  std::vector<float> multiplier_;
  std::vector<std::int16_t> trunk_;
};

const char* epilogueName(Epilogue e) {
  constexpr const char* kNames[] = {"quantise", "start trunk", "add trunk", "partial", "residual"};
  return kNames[static_cast<int>(e)];
}

std::string nameOf(const ConvCase& c) {
  constexpr const char* kData[] = {"random", "all min", "all max", "alternating"};
  std::string sources;
  for (int s : c.sources) sources += (sources.empty() ? "" : "+") + std::to_string(s);
  return std::to_string(c.kernel) + "x" + std::to_string(c.kernel) + "/" + std::to_string(c.stride) + " " + sources +
         "->" + std::to_string(c.out) + " w" + std::to_string(c.width) + " " + epilogueName(c.epilogue) + " " +
         kData[static_cast<int>(c.data)];
}

const Kernels& scalarKernels() { return *findIsa("scalar")->kernels; }

void compareConvolution(Context& context, const Kernels& kernels, const ConvCase& c) {
  const ConvProblem problem(c, 99);
  const auto expected = problem.run(scalarKernels(), 1);
  for (int splits = 1; splits <= 3; ++splits) {
    const auto actual = problem.run(kernels, splits);
    const std::string where = nameOf(c) + " in " + std::to_string(splits) + " column ranges";
    context.expect(actual.intact(), "wrote outside its output: " + where);
    context.expect(actual == expected, "differs from scalar: " + where);
  }
}

std::vector<ConvCase> convCases() {
  std::vector<ConvCase> cases;
  const Epilogue all[] = {Epilogue::kQuantise, Epilogue::kStartTrunk, Epilogue::kAddTrunk, Epilogue::kPartial};
  for (int width : {1, 2, 3, 5, 7, 11, 12, 13, 16, 24, 25, 40}) {
    cases.push_back({3, 1, {16}, 16, width, Epilogue::kQuantise, Data::kRandom});
    cases.push_back({3, 1, {32}, 32, width, Epilogue::kAddTrunk, Data::kRandom});
    cases.push_back({3, 2, {32}, 64, width, Epilogue::kStartTrunk, Data::kRandom});
  }
  for (int channels : {3, 4, 5, 12, 16, 24, 29, 32, 48, 61, 64, 125, 128}) {
    for (Epilogue epilogue : all) {
      cases.push_back({3, 1, {channels}, channels, 19, epilogue, Data::kRandom});
      cases.push_back({1, 1, {channels, channels}, channels, 19, epilogue, Data::kRandom});
    }
    cases.push_back({3, 1, {channels}, 3, 21, Epilogue::kResidual, Data::kRandom});
  }
  for (Data data : {Data::kAllMin, Data::kAllMax, Data::kAlternating}) {
    for (Epilogue epilogue : all) cases.push_back({3, 1, {128}, 128, 17, epilogue, data});
    cases.push_back({1, 1, {224}, 64, 23, Epilogue::kQuantise, data});
    cases.push_back({1, 1, {3, 61}, 64, 23, Epilogue::kQuantise, data});
  }
  cases.push_back({3, 1, {32}, 32, 2048, Epilogue::kAddTrunk, Data::kRandom});
  return cases;
}

void compareMultiplication(Context& context, const Kernels& kernels, int channels, int width) {
  Random random(5);
  Rows<std::uint8_t> a(2, channels * width, 0), b(2, channels * width, 0), out(2, channels * width, 0xa5),
      expected(2, channels * width, 0xa5);
  for (int r = 0; r < 2; ++r) {
    for (int i = 0; i < channels * width; ++i) {
      a.rows()[r][i] = static_cast<std::uint8_t>(i < 256 ? i : random.next());
      b.rows()[r][i] = static_cast<std::uint8_t>(i < 256 ? 255 - i : random.next());
    }
  }
  const auto job = [&](Rows<std::uint8_t>& to, int offset) {
    return MultiplyJob{a.readable(), b.readable(), to.rows(),     2,       channels, offset - 128,
                       offset + 3,   offset + 1,   0.004f, -129.0f, 126.0f};
  };
  // Both sides read the same bytes; the scalar kernel stores u8, so signed kernels are given their own view.
  const int offset = kernels.layout.storedOffset;
  kernels.multiply(job(out, offset), 0, width);
  Rows<std::uint8_t> ua(2, channels * width, 0), ub(2, channels * width, 0);
  for (int r = 0; r < 2; ++r) {
    for (int i = 0; i < channels * width; ++i) {
      ua.rows()[r][i] = static_cast<std::uint8_t>(a.rows()[r][i] + 128 - offset);
      ub.rows()[r][i] = static_cast<std::uint8_t>(b.rows()[r][i] + 128 - offset);
    }
  }
  MultiplyJob scalar = job(expected, 128);
  scalar.a = ua.readable();
  scalar.b = ub.readable();
  scalarKernels().multiply(scalar, 0, width);
  for (int r = 0; r < 2; ++r) {
    for (int i = 0; i < channels * width; ++i) {
      const auto want = static_cast<std::uint8_t>(expected.rows()[r][i] - 128 + offset);
      context.expect(out.rows()[r][i] == want, "product differs at " + std::to_string(i));
    }
  }
  context.expect(out.guardsIntact(), "wrote outside its output");
}

void addChecksOf(const Kernels& kernels, const std::string& name, std::vector<Check>& checks) {
  for (const ConvCase& c : convCases()) {
    checks.push_back({name + " convolve " + nameOf(c),
                      [&kernels, c](Context& context) { compareConvolution(context, kernels, c); }});
  }
  for (int channels : {4, 12, 64}) {
    checks.push_back({name + " multiply " + std::to_string(channels) + " channels", [&kernels, channels](Context& context) {
                        compareMultiplication(context, kernels, channels, 37);
                      }});
  }
  checks.push_back({name + " spin counts its work", [&kernels](Context& context) {
                      context.expect(kernels.spin(4800) > 0, "no multiply-accumulates were counted");
                    }});
}

}  // namespace

std::vector<Check> kernelChecks() {
  std::vector<Check> checks;
  for (const RegisteredIsa& isa : registeredIsas()) {
    if (isa.supported) addChecksOf(*isa.kernels, std::string(isa.kernels->name) + " (native)", checks);
  }
  for (const Kernels* kernels : emulatedKernels()) {
    const RegisteredIsa* isa = findIsa(kernels->name);
    if (isa != nullptr && isa->supported) continue;
    addChecksOf(*kernels, std::string(kernels->name) + " (emulated)", checks);
  }
  return checks;
}

}  // namespace perifocal::checks
