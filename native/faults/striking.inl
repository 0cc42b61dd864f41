// An instruction set whose registers can be struck. Included inside the unit's anonymous namespace.

/// Lets a register pass, or flips a bit of it.
template <class V>
PERIFOCAL_INLINE V strike(faults::Site site, V value) {
  const std::int64_t moment = faults::blows.values[static_cast<int>(site)]++;
  for (int i = 0; i < faults::blows.count; ++i) {
    const faults::Strike& one = faults::blows.strikes[i];
    const bool isNow = one.moment == moment || one.moment == faults::kEveryMoment;
    if (isNow && one.site == site) faults::flipBit(one, &value, sizeof value);
  }
  return value;
}

/// What is stored at `p` while Winograd runs: M, sums on their way to the epilogue, or what is noted to check by.
inline faults::Site siteOf(const std::int32_t* p) {
  const faults::Blows& blows = faults::blows;
  const auto* at = reinterpret_cast<const std::byte*>(p);
  if (at < blows.products || at >= blows.sumsEnd) return faults::Site::kSums;
  return at < blows.sums ? faults::Site::kM : faults::Site::kAccumulator;
}

template <class B>
struct Striking : B {
  using Base = B;
  using Flt = typename B::Flt;
  using Short = typename B::Short;
  using Vec = typename B::Vec;
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
  PERIFOCAL_INLINE static Vec dot(Vec sum, const Act& act, const Wgt& weights) {
    return strike(kProducts, Base::dot(sum, act, weights));
  }
  template <int kPart, class F, class W>
  PERIFOCAL_INLINE static Vec multiplyAdd(Vec sum, const F& factors, const W& weights) {
    return strike(kProducts, Base::template multiplyAdd<kPart>(sum, factors, weights));
  }
};
