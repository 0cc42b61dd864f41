// Measurements of this CPU: the bare instruction's peak, single convolutions, shrinkage. For benchmarks.
#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <vector>

#include "addon/arguments.h"
#include "addon/module.h"
#include "addon/pool.h"
#include "addon/results.h"
#include "addon/task.h"
#include "deconvolution/shrinkage.h"
#include "kernels/limits.h"
#include "kernels/scratch.h"
#include "kernels/winograd.h"
#include "network/pack.h"
#include "runtime/arena.h"
#include "runtime/team.h"

namespace perifocal::addon {
namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// Spins on all threads at once.
class Spin {
 public:
  explicit Spin(const Kernels& kernels) : kernels_(kernels) {}

  /// MAC/s of a few milliseconds.
  double measure(Team& team) {
    const auto start = std::chrono::steady_clock::now();
    team.run([](void* self, int thread) { static_cast<Spin*>(self)->spin(thread); }, this);
    return static_cast<double>(std::accumulate(macs_.begin(), macs_.end(), std::int64_t{0})) / secondsSince(start);
  }

 private:
  void spin(int thread) { macs_[thread] = kernels_.spin(12'000'000); }

  const Kernels& kernels_;
  std::array<std::int64_t, Workers::kMostThreads> macs_{};
};

/// Median rate of several spins in MAC/s. Threads may share a core.
double peakOf(const Kernels& kernels, Team& team) {
  constexpr int kRepeats = 9;
  std::vector<double> rates;
  for (int i = 0; i < kRepeats && !team.cancelled(); ++i) rates.push_back(Spin(kernels).measure(team));
  return rates.empty() ? 0 : median(rates);
}

Napi::Value measurePeak(const Napi::CallbackInfo& info) {
  const Kernels& kernels = kernelsNamed(info[0]);
  const int threads = threadsOf(info[1]);
  auto rate = std::make_shared<double>(0);
  const auto compute = [=, &kernels](Ticket& ticket) {
    Team team(threads, &ticket);
    *rate = peakOf(kernels, team);
    return team.status();
  };
  const auto convert = [rate](Napi::Env env) -> Napi::Value { return Napi::Number::New(env, *rate); };
  return start(info.Env(), ticketOf(info, 2), {{}, compute, convert, nullptr});
}

struct ConvolutionSize {
  int inputs, outputs, width, rows, repeats;
  bool winograd;
};

/// A residual block's second convolution (trunk add, 8-bit copy) on constant data.
class Convolution {
 public:
  Convolution(const Kernels& kernels, ConvolutionSize size) : kernels_(kernels), size_(size) {}

  /// Median seconds of a repeat.
  Status measure(const Team& team, double& seconds) {
    if (!prepare()) return {StatusCode::kOutOfMemory, "cannot map memory for the benchmark"};
    std::vector<double> times;
    for (int i = 0; i < size_.repeats + 1 && !team.cancelled(); ++i) {
      const auto start = std::chrono::steady_clock::now();
      for (int row = 0; row < size_.rows; row += kMaxBlockRows) convolve();
      if (i > 0) times.push_back(secondsSince(start));  // the first warms up
    }
    if (!times.empty()) seconds = median(times);
    return team.status();
  }

 private:
  void convolve() {
    if (!size_.winograd) return kernels_.convolve(job_, 0, size_.width, scratch_, nullptr);
    const int steps = winogradSteps(kernels_.layout.winograd, size_.inputs, size_.outputs);
    kernels_.transformWeights(weights_, 0, steps);
    kernels_.convolveWinograd(job_, 0, size_.width, scratch_, nullptr);
  }

  bool prepare() {
    const KernelLayout& layout = kernels_.layout;
    const LayerSpec layer{"benchmark", 3, 1, {size_.inputs}, {0}, size_.outputs, false, LayerRole::kAddTrunk, ""};
    const std::size_t row =
        arenaBytes(static_cast<std::size_t>(size_.width + 2) * std::max(size_.inputs, size_.outputs) + 4096);
    const std::size_t weights = arenaBytes(packedWeightBytes(layer, 0, layout));
    const std::size_t transformed =
        size_.winograd ? arenaBytes(winogradWeightBytes(layout.winograd, size_.inputs, size_.outputs)) : 0;
    const std::size_t perChannel = arenaBytes(paddedChannels(layer, layout) * sizeof(float));
    const std::size_t scratch = arenaBytes(size_.winograd ? planWinogradScratch(layout.winograd, size_.inputs).bytes
                                                          : scratchBytes(layout, size_.inputs, kInputRows));
    if (!arena_.map(row * (kInputRows + 5 * kMaxBlockRows) + weights + transformed + 2 * perChannel + scratch)) {
      return false;
    }
    for (auto& pointer : inputRows_) pointer = reinterpret_cast<std::uint8_t*>(arena_.take(row)) + size_.inputs;
    for (int i = 0; i < kMaxBlockRows; ++i) {
      codes_[i] = reinterpret_cast<std::uint8_t*>(arena_.take(row));
      trunkIn_[i] = reinterpret_cast<std::int16_t*>(arena_.take(2 * row));
      trunk_[i] = reinterpret_cast<std::int16_t*>(arena_.take(2 * row));
    }
    std::vector<std::int8_t> codes(static_cast<std::size_t>(9) * size_.inputs * size_.outputs, 3);
    std::byte* packed = arena_.take(weights);
    if (size_.winograd) {
      packWinogradWeights(layer, codes, layout.winograd, reinterpret_cast<std::int8_t*>(packed));
      weights_ = {reinterpret_cast<std::int8_t*>(packed), reinterpret_cast<std::int16_t*>(arena_.take(transformed)),
                  size_.inputs, size_.outputs, false};
    } else {
      packWeights(layer, 0, codes, layout, packed);
    }
    source_ = {inputRows_, size_.inputs, 1, 1, -1, 1, kInputRows};
    for (int t = 0; t < kMaxTaps; ++t) taps_[t] = {0, t / 3, t % 3 - 1};
    job_ = ConvJob{};
    job_.sources = &source_;
    job_.taps = taps_;
    job_.tapCount = kMaxTaps;
    job_.weights = size_.winograd ? reinterpret_cast<std::byte*>(weights_.transformed) : packed;
    job_.bias = reinterpret_cast<std::int32_t*>(arena_.take(perChannel));
    job_.multiplier = reinterpret_cast<float*>(arena_.take(perChannel));
    job_.channels = job_.outChannels = size_.outputs;
    job_.rowCount = kMaxBlockRows;
    job_.outStep = 1;
    job_.epilogue = Epilogue::kAddTrunk;
    job_.low = -128;
    job_.high = 127;
    job_.storedZero = layout.storedOffset;
    job_.copyMultiplier = 0.1f;
    job_.trunkIn = trunkIn_;
    job_.trunkOut = trunk_;
    job_.codesOut = codes_;
    scratch_ = arena_.take(scratch);
    return scratch_ != nullptr;
  }

  static constexpr int kInputRows = kMaxBlockRows + 2;

  const Kernels& kernels_;
  ConvolutionSize size_;
  Arena arena_;
  const std::uint8_t* inputRows_[kInputRows];
  std::uint8_t* codes_[kMaxBlockRows];
  const std::int16_t* trunkIn_[kMaxBlockRows];
  std::int16_t* trunk_[kMaxBlockRows];
  ConvTap taps_[kMaxTaps];
  ConvSource source_;
  ConvJob job_;
  WinogradWeights weights_{};
  std::byte* scratch_ = nullptr;
};

Napi::Value benchmarkConvolution(const Napi::CallbackInfo& info) {
  const Napi::Object request = asObject(info[0], "request");
  const Kernels& kernels = kernelsNamed(request.Get("isa"));
  const ConvolutionSize size{
      intOf(request, "inputs"),
      intOf(request, "outputs"),
      intOf(request, "width"),
      intOf(request, "rows"),
      intOf(request, "repeats"),
      wordOf<bool>(request.Get("algorithm"), "algorithm", {{"winograd", true}, {"direct", false}})};
  auto seconds = std::make_shared<double>(0);
  const auto compute = [=, &kernels](Ticket& ticket) {
    return Convolution(kernels, size).measure(Team(1, &ticket), *seconds);
  };
  const auto convert = [=](Napi::Env env) {
    return toObject(env, {{"seconds", *seconds}, {"macs", 9.0 * size.inputs * size.outputs * size.width * size.rows}});
  };
  return start(info.Env(), ticketOf(info, 1), {{}, compute, convert, nullptr});
}

/// Seconds of shrinking as many differences as there are pixels, in rows that stay in the cache.
class ShrinkageTimer {
 public:
  ShrinkageTimer(const DeconvolutionKernels& kernels, const Shrinkage& shrinkage, int pixels)
      : kernels_(kernels), shrinkage_(shrinkage), pixels_(pixels), values_(kRow + 1), out_(kRow) {
    for (int i = 0; i <= kRow; ++i) values_[i] = static_cast<float>(i * 37 % 256) / 255;
  }

  double measure() {
    const auto start = std::chrono::steady_clock::now();
    for (int done = 0; done < pixels_; done += kRow) {
      const int count = std::min(kRow, pixels_ - done);
      kernels_.shrinkDifference(values_.data(), values_.data() + 1, shrinkage_, count, out_.data());
    }
    return secondsSince(start);
  }

 private:
  static constexpr int kRow = 2048;

  const DeconvolutionKernels& kernels_;
  const Shrinkage shrinkage_;
  int pixels_;
  std::vector<float> values_, out_;
};

Napi::Value benchmarkShrinkage(const Napi::CallbackInfo& info) {
  const Napi::Object request = asObject(info[0], "request");
  const DeconvolutionKernels& kernels = *isaNamed(request.Get("isa")).deconvolution;
  const Shrinkage shrinkage = shrinkageOf(floatOf(request, "alpha"), numberOf(request, "beta"));
  const int pixels = intOf(request, "pixels"), repeats = intOf(request, "repeats");
  auto seconds = std::make_shared<double>(0);
  const auto compute = [=, &kernels](Ticket& ticket) {
    const Team team(1, &ticket);
    ShrinkageTimer timer(kernels, shrinkage, pixels);
    std::vector<double> times;
    for (int i = 0; i < repeats && !team.cancelled(); ++i) times.push_back(timer.measure());
    if (!times.empty()) *seconds = median(times);
    return team.status();
  };
  const auto convert = [seconds](Napi::Env env) { return toObject(env, {{"seconds", *seconds}}); };
  return start(info.Env(), ticketOf(info, 1), {{}, compute, convert, nullptr});
}

}  // namespace

void addDiagnostics(Napi::Object& exports) {
  addFunction<measurePeak>(exports, "measurePeak");
  addFunction<benchmarkConvolution>(exports, "benchmarkConvolution");
  addFunction<benchmarkShrinkage>(exports, "benchmarkShrinkage");
}

}  // namespace perifocal::addon
