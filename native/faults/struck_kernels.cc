#include <algorithm>

#include "checks/random.h"
#include "faults/blows.h"
#include "kernels/winograd.h"

namespace perifocal::faults {
namespace {

const Kernels* struckOnes = nullptr;

/// Calls `kernel` with the blows before and after it.
template <class F>
void between(const Call& before, F&& kernel) {
  const std::int64_t call = blows.calls++;
  const auto dealAll = [&](bool done) {
    for (int i = 0; i < blows.count; ++i) {
      const Strike& strike = blows.strikes[i];
      if (strike.moment == call && kindOf(strike.site) != Kind::kRegister) {
        blows.dealt += deal(strike, blows.victim, {before.convolution, before.product, done});
      }
    }
  };
  dealAll(false);
  kernel();
  dealAll(true);
}

/// A prediction runs without sums, and is no moment of its own where passes are checked.
bool isMoment(const ConvSums* sums) {
  return sums != nullptr || blows.victim.pipeline->pass().integrity == Integrity::kOff;
}

void convolve(const ConvJob& job, int begin, int end, std::byte* scratch, const ConvSums* sums) {
  const auto run = [&] { struckOnes->convolve(job, begin, end, scratch, sums); };
  if (!isMoment(sums)) return run();
  between({&job, nullptr, false}, run);
}

void convolveWinograd(const ConvJob& job, int begin, int end, std::byte* scratch, const ConvSums* sums) {
  const WinogradScratch plan = planWinogradScratch(struckOnes->layout.winograd, job.sources[0].channels);
  blows.products = scratch + plan.products;
  blows.sums = scratch + plan.sums;
  blows.sumsEnd = scratch + plan.bytes;
  between({&job, nullptr, false}, [&] { struckOnes->convolveWinograd(job, begin, end, scratch, sums); });
  blows.products = blows.sums = blows.sumsEnd = nullptr;
}

void multiply(const MultiplyJob& job, int begin, int end) {
  between({nullptr, &job, false}, [&] { struckOnes->multiply(job, begin, end); });
}

void transformWeights(const WinogradWeights& weights, int begin, int end) {
  blows.transformsWeights = true;
  struckOnes->transformWeights(weights, begin, end);
  blows.transformsWeights = false;
}

}  // namespace

const Kernels& struckKernels(const Kernels& kernels) {
  static Kernels wrapper;
  struckOnes = &kernels;
  wrapper = kernels;
  wrapper.convolve = convolve;
  wrapper.multiply = multiply;
  if (kernels.convolveWinograd != nullptr) {
    wrapper.convolveWinograd = convolveWinograd;
    wrapper.transformWeights = transformWeights;
  }
  return wrapper;
}

void arm(const Victim& victim, std::span<const Strike> strikes) {
  blows = {};
  blows.victim = victim;
  blows.count = static_cast<int>(std::min<std::size_t>(strikes.size(), kMostStrikes));
  std::copy_n(strikes.begin(), blows.count, blows.strikes);
}

void flipBit(const Strike& strike, void* value, std::size_t bytes) {
  checks::Random random(strike.seed);
  static_cast<std::uint8_t*>(value)[random.next() % bytes] ^= static_cast<std::uint8_t>(1u << random.next() % 8);
  ++blows.dealt;
}

int dealtStrikes() { return blows.dealt; }
std::int64_t passedCalls() { return blows.calls; }
std::int64_t passedValues(Site site) { return blows.values[static_cast<int>(site)]; }

}  // namespace perifocal::faults
