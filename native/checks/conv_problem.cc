#include "checks/conv_problem.h"

#include "checks/random.h"
#include "kernels/scratch.h"
#include "kernels/winograd.h"
#include "network/pack.h"

namespace perifocal::checks {
namespace {

int sample(Data data, Random& random, int low, int high, int index) {
  switch (data) {
    case Data::kRandom: return random.between(low, high);
    case Data::kAllMin: return low;
    case Data::kAllMax: return high;
    case Data::kAlternating: return index % 2 == 0 ? low : high;
    case Data::kExtremes: return random.between(0, 1) == 0 ? low : high;
    case Data::kWraparound: return high;
  }
  return 0;
}

/// Rows 0 and 5 of B are 4, -5 and 1 at every second pixel: signs ++-- along rows and columns make their sums largest.
void followSigns(std::vector<int>& codes, int width, int channels) {
  for (int i = 0; i < static_cast<int>(codes.size()); ++i) {
    const int x = i / channels % width, y = i / channels / width;
    codes[i] = (x % 4 < 2) == (y % 4 < 2) ? 127 : -128;
  }
}

const char* epilogueName(Epilogue e) {
  constexpr const char* kNames[] = {"quantise", "start trunk", "add trunk", "partial", "residual"};
  return kNames[static_cast<int>(e)];
}

/// The first address in `memory` on a cache line.
std::byte* aligned(std::vector<std::byte>& memory) {
  return memory.data() + (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64) % 64;
}

/// Logical codes of stored ones, so that outputs of different instruction sets compare.
void toLogical(Rows<std::uint8_t>& codes, int rows, int offset) {
  if (offset == 0) return;
  for (int r = 0; r < rows; ++r) {
    for (int i = 0; i < codes.samples(); ++i) codes.rows()[r][i] ^= 0x80;
  }
}

}  // namespace

std::string nameOf(const ConvCase& c) {
  constexpr const char* kData[] = {"random", "all min", "all max", "alternating", "extremes", "wraparound"};
  std::string sources;
  for (int s : c.sources) sources += (sources.empty() ? "" : "+") + std::to_string(s);
  return std::to_string(c.kernel) + "x" + std::to_string(c.kernel) + "/" + std::to_string(c.stride) + " " + sources +
         "->" + std::to_string(c.out) + " w" + std::to_string(c.width) + " " + epilogueName(c.epilogue) + " " +
         kData[static_cast<int>(c.data)] + (c.rows < kMaxBlockRows ? " rows " + std::to_string(c.rows) : "") +
         (c.transposed ? " transposed" : "");
}

ConvProblem::ConvProblem(const ConvCase& c, std::uint64_t seed) : case_(c) {
  Random random(seed);
  layer_ = {"case", c.kernel, c.stride,          c.sources, std::vector<int>(c.sources.size(), 0),
            c.out,  false,    LayerRole::kPlain, ""};
  weights_.resize(static_cast<std::size_t>(layer_.inputChannels()) * c.out * c.kernel * c.kernel);
  int index = 0;
  for (auto& w : weights_) w = static_cast<std::int8_t>(sample(c.data, random, -127, 127, index++ / 3));
  for (int channels : c.sources) {
    const std::size_t count = static_cast<std::size_t>(inputRows()) * (inputWidth() + 2) * roundUp(channels, 4);
    auto& codes = codes_.emplace_back(count);
    for (auto& code : codes) code = sample(c.data, random, -128, 127, index++);
    if (c.data == Data::kWraparound) followSigns(codes, inputWidth() + 2, roundUp(channels, 4));
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

ConvProblem::Output ConvProblem::run(const Kernels& kernels, Algorithm algorithm, int splits,
                                     const ConvSums* sums) const {
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
  const std::vector<ConvTap> allTaps = taps();
  std::vector<std::byte> packed = packedWeights(kernels, algorithm);
  const std::vector<std::int32_t> bias = compensatedBias(layout);
  ConvJob job{};
  job.sources = sources.data();
  job.taps = allTaps.data();
  job.tapCount = static_cast<int>(allTaps.size());
  job.weights = aligned(packed);
  job.bias = bias.data();
  job.multiplier = multiplier_.data();
  job.channels = case_.out;
  job.rowCount = case_.rows;
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
  runColumns(kernels, algorithm, job, splits, sums);
  toLogical(out.codes, kRows, layout.storedOffset);
  return out;
}

int ConvProblem::storedCode(int row, int column, int channel) const {
  const int channels = roundUp(case_.sources[0], 4);
  return codes_[0][(row * (inputWidth() + 2) + column + 1) * channels + channel] + 128;
}

int ConvProblem::weight(int out, int in, int ky, int kx) const {
  return weights_[weightOffset(layer_, out, in, ky, kx)];
}

int ConvProblem::outChannels() const {
  return case_.epilogue == Epilogue::kResidual ? case_.out : roundUp(case_.out, 4);
}

std::vector<Rows<std::uint8_t>> ConvProblem::storedInputs(int offset, std::vector<ConvSource>& sources) const {
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

std::vector<ConvTap> ConvProblem::taps() const {
  std::vector<ConvTap> all;
  for (const WeightTap& tap : tapsOf(layer_, 0)) {
    const int dy = case_.transposed ? tap.kx : tap.ky, dx = case_.transposed ? tap.ky : tap.kx;
    all.push_back({tap.source, dy, dx - case_.kernel / 2});
  }
  return all;
}

std::vector<std::int32_t> ConvProblem::compensatedBias(const KernelLayout& layout) const {
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

std::vector<std::byte> ConvProblem::packedWeights(const Kernels& kernels, Algorithm algorithm) const {
  const KernelLayout& layout = kernels.layout;
  if (algorithm == Algorithm::kDirect) {
    std::vector<std::byte> packed(packedWeightBytes(layer_, 0, layout) + 64);
    packWeights(layer_, 0, weights_, layout, aligned(packed));
    return packed;
  }
  const int inputs = layer_.sources[0];
  std::vector<std::int8_t> codes(packedWinogradBytes(layer_, layout.winograd));
  packWinogradWeights(layer_, weights_, layout.winograd, codes.data());
  std::vector<std::byte> transformed(winogradWeightBytes(layout.winograd, inputs, case_.out) + 64);
  const WinogradWeights weights{codes.data(), reinterpret_cast<std::int16_t*>(aligned(transformed)), inputs, case_.out,
                                case_.transposed};
  // In two pieces, as two threads would.
  const int steps = winogradSteps(layout.winograd, inputs, case_.out);
  kernels.transformWeights(weights, steps / 3, steps);
  kernels.transformWeights(weights, 0, steps / 3);
  return transformed;
}

void ConvProblem::runColumns(const Kernels& kernels, Algorithm algorithm, const ConvJob& job, int splits,
                             const ConvSums* sums) const {
  const bool winograd = algorithm == Algorithm::kWinograd;
  const std::size_t bytes = winograd ? planWinogradScratch(kernels.layout.winograd, job.sources[0].channels).bytes
                                     : scratchBytes(kernels.layout, 256, inputRows());
  // Exactly as long as planned, so that the sanitizers notice one byte more.
  std::vector<std::byte> scratch(bytes + 64);
  for (int i = 0; i < splits; ++i) {
    const int begin = case_.width * i / splits, end = case_.width * (i + 1) / splits;
    if (begin < end) (winograd ? kernels.convolveWinograd : kernels.convolve)(job, begin, end, aligned(scratch), sums);
  }
}

}  // namespace perifocal::checks
