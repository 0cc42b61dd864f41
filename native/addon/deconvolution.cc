// What deconvolution needs beside solvers: planes of blended tiles, and a timing.
#include <algorithm>
#include <chrono>
#include <vector>

#include "addon/addon.h"
#include "addon/call_task.h"
#include "addon/windows.h"
#include "deconvolution/samples.h"
#include "deconvolution/shrinkage.h"

namespace perifocal::addon {
namespace {

/// Median seconds of shrinking as many differences as there are pixels, in rows that stay in the cache.
double timeShrinkage(const DeconvolutionKernels& kernels, const Shrinkage& shrinkage, int pixels, int repeats) {
  constexpr int kRow = 2048;
  std::vector<float> values(kRow + 1), out(kRow);
  for (int i = 0; i <= kRow; ++i) values[i] = static_cast<float>(i * 37 % 256) / 255;
  std::vector<double> seconds;
  for (int repeat = 0; repeat < repeats; ++repeat) {
    const auto start = std::chrono::steady_clock::now();
    for (int done = 0; done < pixels; done += kRow) {
      kernels.shrinkDifference(values.data(), values.data() + 1, shrinkage, std::min(kRow, pixels - done), out.data());
    }
    seconds.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + repeats / 2, seconds.end());
  return seconds[repeats / 2];
}

}  // namespace

Napi::Value storePlane(const Napi::CallbackInfo& info) {
  const float* plane = info[0].As<Napi::Float32Array>().Data();
  const int width = info[1].As<Napi::Number>(), rows = info[2].As<Napi::Number>();
  const TargetWindow target = windowOf<void>(info[3].As<Napi::Object>());
  for (int y = 0; y < rows; ++y) storeRow(plane + static_cast<std::ptrdiff_t>(y) * width, target, y, width);
  return info.Env().Undefined();
}

Napi::Value benchmarkShrinkage(const Napi::CallbackInfo& info) {
  const auto request = info[0].As<Napi::Object>();
  const DeconvolutionKernels& kernels = *isaNamed(info.Env(), textOf(request, "isa")).deconvolution;
  const Shrinkage shrinkage =
      shrinkageOf(request.Get("alpha").As<Napi::Number>().FloatValue(), numberOf(request, "beta"));
  const int pixels = intOf(request, "pixels"), repeats = intOf(request, "repeats");
  auto seconds = std::make_shared<double>(0);
  const auto compute = [=, &kernels] {
    *seconds = timeShrinkage(kernels, shrinkage, pixels, repeats);
    return Status();
  };
  const auto convert = [seconds](Napi::Env env) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("seconds", *seconds);
    return object;
  };
  return (new CallTask(info.Env(), {}, compute, convert))->start();
}

}  // namespace perifocal::addon
