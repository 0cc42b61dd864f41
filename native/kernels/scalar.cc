// The definition of every kernel, in plain loops: the oracle of the others and the fallback where nothing fits.
#include <algorithm>
#include <cmath>

#include "kernels/scalar.h"

namespace perifocal {
namespace scalar {
namespace {

std::int32_t clampRound(float value, float low, float high) {
  return static_cast<std::int32_t>(std::nearbyint(std::min(std::max(value, low), high)));
}

std::int32_t sumAt(const ConvJob& job, const std::int8_t*& weights, int row, int column, int channel) {
  std::int32_t sum = job.bias[channel];
  for (int t = 0; t < job.tapCount; ++t) {
    const ConvTap& tap = job.taps[t];
    const ConvSource& source = job.sources[tap.source];
    const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(column) * source.pixelStep + tap.dx;
    const std::uint8_t* in = source.rows[row * source.rowStep + tap.dy] + pixel * source.channels;
    for (int c = 0; c < source.channels; ++c) sum += *weights++ * in[c];
  }
  return sum;
}

void storeCopy(const ConvJob& job, int row, std::ptrdiff_t at, std::int32_t trunk) {
  if (job.trunkOut != nullptr) job.trunkOut[row][at] = static_cast<std::int16_t>(trunk);
  const std::int32_t code = clampRound(static_cast<float>(trunk) * job.copyMultiplier, job.low, job.high);
  job.codesOut[row][at] = static_cast<std::uint8_t>(code + job.storedZero);
}

void store(const ConvJob& job, int row, std::ptrdiff_t at, int channel, std::int32_t sum) {
  const float scaled = static_cast<float>(sum) * job.multiplier[channel];
  switch (job.epilogue) {
    case Epilogue::kQuantise:
      job.codesOut[row][at] = static_cast<std::uint8_t>(clampRound(scaled, job.low, job.high) + job.storedZero);
      return;
    case Epilogue::kStartTrunk: return storeCopy(job, row, at, clampRound(scaled, 0.0f, 32767.0f));
    case Epilogue::kAddTrunk: {
      const std::int32_t trunk = job.trunkIn[row][at] + clampRound(scaled, -65536.0f, 65536.0f);
      return storeCopy(job, row, at, std::clamp(trunk, -32768, 32767));
    }
    case Epilogue::kPartial: job.partialOut[row][at] = sum; return;
    case Epilogue::kResidual:
      job.trunkOut[row][at] = static_cast<std::int16_t>(clampRound(scaled, -8191.0f, 8191.0f));
      return;
  }
}

void convolve(const ConvJob& job, int columnBegin, int columnEnd, std::byte*) {
  for (int row = 0; row < job.rowCount; ++row) {
    for (int column = columnBegin; column < columnEnd; ++column) {
      const auto* weights = static_cast<const std::int8_t*>(job.weights);
      for (int c = 0; c < job.channels; ++c) finish(job, row, column, c, sumAt(job, weights, row, column, c));
    }
  }
}

void multiply(const MultiplyJob& job, int columnBegin, int columnEnd) {
  for (int row = 0; row < job.rowCount; ++row) {
    for (int i = columnBegin * job.channels; i < columnEnd * job.channels; ++i) {
      const std::int32_t product = (job.a[row][i] - job.storedZeroA) * (job.b[row][i] - job.storedZeroB);
      const std::int32_t code = clampRound(static_cast<float>(product) * job.multiplier, job.low, job.high);
      job.out[row][i] = static_cast<std::uint8_t>(code + job.storedZeroOut);
    }
  }
}

std::int64_t spin(std::int64_t count) {
  std::int32_t sum = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    sum += static_cast<std::int32_t>(i) * 3;
    asm volatile("" : "+r"(sum));
  }
  return sum == 1 ? 0 : count;
}

}  // namespace

void finish(const ConvJob& job, int row, int column, int channel, std::int32_t sum) {
  for (int i = 0; i < job.addendCount; ++i) {
    const ConvAddend& addend = job.addends[i];
    sum += addend.rows[row][static_cast<std::ptrdiff_t>(column >> addend.shift) * job.outChannels + channel];
  }
  const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(column) * job.outStep + job.outOffset;
  store(job, row, pixel * job.outChannels + channel, channel, sum);
}

}  // namespace scalar

extern const Kernels kScalarKernels;
const Kernels kScalarKernels{"scalar",         "plain C++, any CPU",     scalar::kLayout,          scalar::convolve,
                             scalar::multiply, scalar::transformWeights, scalar::convolveWinograd, scalar::spin};

}  // namespace perifocal
