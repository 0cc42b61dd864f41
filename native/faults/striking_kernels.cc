// Every register of the kernels' templates, struck once on demand: the instruction set is a template parameter.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>

#include "checks/random.h"
#include "faults/blows.h"
#include "kernels/template.h"

namespace perifocal {
namespace {

#include "kernels/isa/emulated.h"

/// Lets a register pass, or flips a bit of one lane.
template <class V>
V strike(faults::Site site, V value) {
  faults::Blows& blows = faults::blows;
  const std::int64_t moment = blows.values[static_cast<int>(site)]++;
  for (int i = 0; i < blows.count; ++i) {
    const faults::Strike& one = blows.strikes[i];
    if (one.site != site || one.moment != moment) continue;
    checks::Random random(one.seed);
    unsigned char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    bytes[random.next() % sizeof value] ^= static_cast<unsigned char>(1u << random.next() % 8);
    std::memcpy(&value, bytes, sizeof value);
    ++blows.dealt;
  }
  return value;
}

/// What is stored at `p` while Winograd runs: M, sums on their way to the epilogue, or what is noted to check by.
faults::Site siteOf(const std::int32_t* p) {
  const faults::Blows& blows = faults::blows;
  const auto* at = reinterpret_cast<const std::byte*>(p);
  if (at < blows.products || at >= blows.sumsEnd) return faults::Site::kSums;
  return at < blows.sums ? faults::Site::kM : faults::Site::kAccumulator;
}

template <class S>
struct Striking : Emulated<S> {
  using Base = Emulated<S>;
  using typename Base::Flt;
  using typename Base::Short;
  using typename Base::Vec;
  using enum faults::Site;

  static void storeSums(std::int32_t* out, std::ptrdiff_t stride, Vec v) {
    Base::storeSums(out, stride, strike(kAccumulator, v));
  }
  static void storeInt(std::int32_t* p, Vec v) { Base::storeInt(p, strike(siteOf(p), v)); }
  static void storeShort(std::int16_t* p, Short v) {
    Base::storeShort(p, strike(faults::blows.transformsWeights ? kTransformed : kInputs, v));
  }
  static Flt mul(Flt a, Flt b) { return strike(kEpilogue, Base::mul(a, b)); }
  static Vec roundToInt(Flt v) { return strike(kEpilogue, Base::roundToInt(v)); }
  template <class Act, class Wgt>
  static Vec dot(Vec sum, const Act& act, const Wgt& weights) {
    return strike(kProducts, Base::dot(sum, act, weights));
  }
  template <int kPart, class F, class W>
  static Vec multiplyAdd(Vec sum, const F& factors, const W& weights) {
    return strike(kProducts, Base::template multiplyAdd<kPart>(sum, factors, weights));
  }
};

#include "kernels/templates.inl"

const Kernels kStriking[] = {kernelsOf<Striking<Avx512VnniShape>>(), kernelsOf<Striking<NeonShape>>()};

}  // namespace

std::span<const Kernels> faults::strikingKernels() { return kStriking; }

}  // namespace perifocal
