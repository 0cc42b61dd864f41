// The definition of every kernel, in plain loops: the oracle of the others and the fallback where nothing fits.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "kernels/scalar.h"

namespace perifocal {
namespace scalar {
namespace {

std::int32_t clampRound(float value, float low, float high) {
  return static_cast<std::int32_t>(std::nearbyint(std::min(std::max(value, low), high)));
}

std::int32_t sumAt(const ConvJob& job, const std::int8_t*& weights, const Place& at) {
  std::int32_t sum = job.bias[at.channel];
  for (int t = 0; t < job.tapCount; ++t) {
    const ConvTap& tap = job.taps[t];
    const ConvSource& source = job.sources[tap.source];
    const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(at.column) * source.pixelStep + tap.dx;
    const std::uint8_t* in = source.rows[at.row * source.rowStep + tap.dy] + pixel * source.channels;
    for (int c = 0; c < source.channels; ++c) sum += *weights++ * in[c];
  }
  return sum;
}

/// The epilogue of one sum: what it reads and what it gives, all of which a job that is not the last stores.
struct Result {
  std::int32_t trunkIn = 0, trunk = 0, code = 0;
};

Result evaluate(const ConvJob& job, int row, std::ptrdiff_t at, int channel, std::int32_t sum) {
  const float scaled = static_cast<float>(sum) * job.multiplier[channel];
  const auto codeOf = [&](float value) { return clampRound(value, job.low, job.high) + job.storedZero; };
  const auto copyOf = [&](std::int32_t trunk) { return codeOf(static_cast<float>(trunk) * job.copyMultiplier); };
  Result result;
  switch (job.epilogue) {
    case Epilogue::kQuantise: result.code = codeOf(scaled); break;
    case Epilogue::kStartTrunk:
      result.trunk = clampRound(scaled, 0.0f, 32767.0f);
      result.code = copyOf(result.trunk);
      break;
    case Epilogue::kAddTrunk:
      result.trunkIn = job.trunkIn[row][at];
      result.trunk = std::clamp(result.trunkIn + clampRound(scaled, -65536.0f, 65536.0f), -32768, 32767);
      result.code = copyOf(result.trunk);
      break;
    case Epilogue::kPartial: result.code = sum; break;
    case Epilogue::kResidual: result.trunk = clampRound(scaled, -8191.0f, 8191.0f); break;
  }
  return result;
}

bool storesTrunk(const ConvJob& job) { return job.trunkOut != nullptr && job.epilogue != Epilogue::kQuantise; }

void store(const ConvJob& job, int row, std::ptrdiff_t at, const Result& result) {
  if (job.epilogue == Epilogue::kPartial) {
    job.partialOut[row][at] = result.code;
    return;
  }
  if (storesTrunk(job)) job.trunkOut[row][at] = static_cast<std::int16_t>(result.trunk);
  if (job.epilogue != Epilogue::kResidual) job.codesOut[row][at] = static_cast<std::uint8_t>(result.code);
}

/// Not 0 where what is stored is not `result`.
std::int32_t differenceOf(const ConvJob& job, int row, std::ptrdiff_t at, const Result& result) {
  if (job.epilogue == Epilogue::kPartial) return job.partialOut[row][at] ^ result.code;
  const std::int32_t trunk = storesTrunk(job) ? job.trunkOut[row][at] ^ result.trunk : 0;
  return job.epilogue == Epilogue::kResidual ? trunk : trunk | (job.codesOut[row][at] ^ result.code);
}

/// Modulo 2^32.
void addTo(std::int32_t& total, std::int32_t value) {
  total = static_cast<std::int32_t>(static_cast<std::uint32_t>(total) + static_cast<std::uint32_t>(value));
}

void note(const ConvSums& sums, const Place& place, std::int32_t sum, const Result& result) {
  addTo(sums.outputs[place.channel], sum);
  addTo(sums.stored[place.row][place.channel], result.code);
  addTo(sums.trunkIn[place.row][place.channel], result.trunkIn);
  addTo(sums.trunkOut[place.row][place.channel], result.trunk);
  sums.range[place.channel] |= static_cast<std::int32_t>(std::min<std::int64_t>(std::llabs(sum), 1 << 30));
}

void convolve(const ConvJob& job, int columnBegin, int columnEnd, std::byte*, const ConvSums* sums) {
  for (int row = 0; row < job.rowCount; ++row) {
    for (int column = columnBegin; column < columnEnd; ++column) {
      const auto* weights = static_cast<const std::int8_t*>(job.weights);
      for (int c = 0; c < job.channels; ++c) {
        const Place place{row, column, c};
        finish(job, place, sumAt(job, weights, place), sums);
      }
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

template <class T>
void addPixels(const PixelRun<T>& run, std::int32_t* total) {
  for (std::ptrdiff_t p = 0; p < run.pixels; ++p) {
    for (int c = 0; c < run.channels; ++c) addTo(total[c], run.values[p * run.step + c]);
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

void finish(const ConvJob& job, const Place& place, std::int32_t sum, const ConvSums* sums) {
  const auto [row, column, channel] = place;
  for (int i = 0; i < job.addendCount; ++i) {
    const ConvAddend& addend = job.addends[i];
    addTo(sum, addend.rows[row][static_cast<std::ptrdiff_t>(column >> addend.shift) * job.outChannels + channel]);
  }
  const std::ptrdiff_t pixel = static_cast<std::ptrdiff_t>(column) * job.outStep + job.outOffset;
  const std::ptrdiff_t at = pixel * job.outChannels + channel;
  const Result result = evaluate(job, row, at, channel, sum);
  store(job, row, at, result);
  if (sums == nullptr) return;
  note(*sums, place, sum, result);
  if (sums->repeated[row]) {
    sums->difference[channel] |= differenceOf(job, row, at, evaluate(job, row, at, channel, sum));
  }
}

}  // namespace scalar

extern const Kernels kScalarKernels;
const Kernels kScalarKernels{"scalar",
                             "plain C++, any CPU",
                             scalar::kLayout,
                             scalar::convolve,
                             scalar::multiply,
                             scalar::transformWeights,
                             scalar::convolveWinograd,
                             scalar::addPixels<std::uint8_t>,
                             scalar::addPixels<std::int32_t>,
                             scalar::spin};

}  // namespace perifocal
