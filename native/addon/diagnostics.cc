// Measurements of this CPU: the bare instruction's peak and single convolutions. For benchmarks.
#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <vector>

#include "addon/addon.h"
#include "addon/task.h"
#include "kernels/limits.h"
#include "kernels/scratch.h"
#include "kernels/winograd.h"
#include "network/pack.h"
#include "runtime/arena.h"
#include "runtime/thread_pool.h"

namespace perifocal::addon {
namespace {

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// Median rate of several spins of a few milliseconds on all threads at once, in MAC/s. Threads may share a core.
class PeakTask final : public Task {
 public:
  PeakTask(Napi::Env env, const Kernels& kernels, int threads) : Task(env), kernels_(kernels), threads_(threads) {}

 protected:
  Status run() override {
    constexpr int kRepeats = 9;
    ThreadPool pool(threads_);
    std::vector<double> rates;
    for (int i = 0; i < kRepeats; ++i) {
      const auto start = std::chrono::steady_clock::now();
      pool.run([](void* self, int thread) { static_cast<PeakTask*>(self)->spin(thread); }, this);
      rates.push_back(static_cast<double>(std::accumulate(macs_.begin(), macs_.end(), std::int64_t{0})) /
                      secondsSince(start));
    }
    rate_ = median(rates);
    return {};
  }

  Napi::Value result(Napi::Env env) override { return Napi::Number::New(env, rate_); }

 private:
  void spin(int thread) { macs_[thread] = kernels_.spin(12'000'000); }

  const Kernels& kernels_;
  int threads_;
  std::array<std::int64_t, 3> macs_{};
  double rate_ = 0;
};

struct ConvolutionSize {
  int inputs, outputs, width, rows, repeats;
  bool winograd;
};

/// A residual block's second convolution (trunk add, 8-bit copy) on constant data.
class ConvolutionTask final : public Task {
 public:
  ConvolutionTask(Napi::Env env, const Kernels& kernels, ConvolutionSize size)
      : Task(env), kernels_(kernels), size_(size) {}

 protected:
  Status run() override {
    if (!prepare()) return {StatusCode::kOutOfMemory, "cannot map memory for the benchmark"};
    std::vector<double> times;
    for (int i = 0; i < size_.repeats + 1; ++i) {
      const auto start = std::chrono::steady_clock::now();
      for (int row = 0; row < size_.rows; row += kMaxBlockRows) convolve();
      if (i > 0) times.push_back(secondsSince(start));  // the first warms up
    }
    seconds_ = median(times);
    return {};
  }

  Napi::Value result(Napi::Env env) override {
    Napi::Object object = Napi::Object::New(env);
    object.Set("seconds", seconds_);
    object.Set("macs", 9.0 * size_.inputs * size_.outputs * size_.width * size_.rows);
    return object;
  }

 private:
  void convolve() {
    if (!size_.winograd) return kernels_.convolve(job_, 0, size_.width, scratch_);
    const int steps = winogradSteps(kernels_.layout.winograd, size_.inputs, size_.outputs);
    kernels_.transformWeights(weights_, 0, steps);
    kernels_.convolveWinograd(job_, 0, size_.width, scratch_);
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
  double seconds_ = 0;
};

}  // namespace

Napi::Value measurePeak(const Napi::CallbackInfo& info) {
  const int threads = info[1].IsNumber() ? info[1].As<Napi::Number>().Int32Value() : 1;
  return (new PeakTask(info.Env(), kernelsNamed(info.Env(), info[0].As<Napi::String>()), threads))->start();
}

Napi::Value benchmarkConvolution(const Napi::CallbackInfo& info) {
  const auto request = info[0].As<Napi::Object>();
  const Kernels& kernels = kernelsNamed(info.Env(), textOf(request, "isa"));
  const ConvolutionSize size{intOf(request, "inputs"),  intOf(request, "outputs"),
                             intOf(request, "width"),   intOf(request, "rows"),
                             intOf(request, "repeats"), textOf(request, "algorithm") == "winograd"};
  return (new ConvolutionTask(info.Env(), kernels, size))->start();
}

}  // namespace perifocal::addon
