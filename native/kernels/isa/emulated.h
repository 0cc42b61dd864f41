// Register wrappers on plain arrays: any instruction set's templates run on any CPU, so that no kernel goes untested.
// Include inside the unit's anonymous namespace.

template <class S>
struct Emulated {
  using Shape = S;
  using Act = typename S::Act;
  using Wgt = typename S::Wgt;
  static constexpr KernelLayout L = S::kLayout;

  struct Vec {
    std::int32_t lane[L.lanes];
  };
  struct Flt {
    float lane[L.lanes];
  };
  struct WgtVec {
    Wgt lane[L.vectorChannels][L.depth];
  };
  struct ActVec {
    Act lane[L.groupPixels][L.depth];
  };

  template <class F>
  static Vec each(F&& f) {
    Vec v;
    for (int i = 0; i < L.lanes; ++i) v.lane[i] = f(i);
    return v;
  }
  template <class F>
  static Flt eachFloat(F&& f) {
    Flt v;
    for (int i = 0; i < L.lanes; ++i) v.lane[i] = f(i);
    return v;
  }

  static Vec loadInt(const std::int32_t* p) {
    return each([&](int i) { return p[i]; });
  }
  static Vec loadInt16(const std::int16_t* p) {
    return each([&](int i) { return p[i]; });
  }
  static Vec loadBytes(const std::uint8_t* p) {
    return each([&](int i) -> std::int32_t {
      return L.storedOffset == 0 ? static_cast<std::int8_t>(p[i]) : static_cast<std::int32_t>(p[i]);
    });
  }
  static void storeInt(std::int32_t* p, Vec v) { std::copy_n(v.lane, L.lanes, p); }
  static void storeInt16(std::int16_t* p, Vec v) {
    for (int i = 0; i < L.lanes; ++i) p[i] = static_cast<std::int16_t>(v.lane[i]);
  }
  static void storeBytes(std::uint8_t* p, Vec v) {
    for (int i = 0; i < L.lanes; ++i) p[i] = static_cast<std::uint8_t>(v.lane[i]);
  }
  static Vec splatInt(std::int32_t x) {
    return each([&](int) { return x; });
  }
  /// Modulo 2^32, as registers do.
  template <class F>
  static Vec wrapping(Vec a, Vec b, F&& f) {
    return each([&](int i) {
      return static_cast<std::int32_t>(f(static_cast<std::uint32_t>(a.lane[i]), static_cast<std::uint32_t>(b.lane[i])));
    });
  }
  static Vec add(Vec a, Vec b) { return wrapping(a, b, std::plus<>{}); }
  static Vec sub(Vec a, Vec b) { return wrapping(a, b, std::minus<>{}); }
  static Vec mulInt(Vec a, Vec b) { return wrapping(a, b, std::multiplies<>{}); }
  static Vec orXor(Vec bits, Vec a, Vec b) { return orInt(bits, wrapping(a, b, std::bit_xor<>{})); }
  static Vec orInt(Vec a, Vec b) { return wrapping(a, b, std::bit_or<>{}); }
  template <int kBits>
  static Vec shiftLeft(Vec v) {
    return mulInt(v, splatInt(1 << kBits));
  }
  template <int kBits>
  static Vec shiftRight(Vec v) {
    return each([&](int i) { return v.lane[i] >> kBits; });
  }
  static Vec clampInt(Vec v, std::int32_t low, std::int32_t high) {
    return each([&](int i) { return std::clamp(v.lane[i], low, high); });
  }
  static Flt toFloat(Vec v) {
    return eachFloat([&](int i) { return static_cast<float>(v.lane[i]); });
  }
  static Vec roundToInt(Flt v) {
    return each([&](int i) { return static_cast<std::int32_t>(std::nearbyint(v.lane[i])); });
  }
  static Flt loadFloat(const float* p) {
    return eachFloat([&](int i) { return p[i]; });
  }
  static Flt splat(float x) {
    return eachFloat([&](int) { return x; });
  }
  static Flt mul(Flt a, Flt b) {
    return eachFloat([&](int i) { return a.lane[i] * b.lane[i]; });
  }
  static Flt min(Flt a, Flt b) {
    return eachFloat([&](int i) { return std::min(a.lane[i], b.lane[i]); });
  }
  static Flt max(Flt a, Flt b) {
    return eachFloat([&](int i) { return std::max(a.lane[i], b.lane[i]); });
  }

  static Flt maxMagnitude(Flt magnitude, Flt b) {
    return eachFloat([&](int i) { return std::max(magnitude.lane[i], std::abs(b.lane[i])); });
  }
  static ActVec loadActivations(const Act* p, std::ptrdiff_t stride) {
    ActVec v;
    for (int g = 0; g < L.groupPixels; ++g) std::copy_n(p + g * stride, L.depth, v.lane[g]);
    return v;
  }
  static WgtVec loadWeights(const Wgt* p) {
    WgtVec v;
    for (int c = 0; c < L.vectorChannels; ++c) {
      for (int d = 0; d < L.depth; ++d) v.lane[c][d] = p[weightIndex(L, c, d)];
    }
    return v;
  }
  static Vec loadBias(const std::int32_t* p) {
    return each([&](int i) { return p[i % L.vectorChannels]; });
  }
  static Vec dot(Vec sum, const ActVec& act, const WgtVec& weights) {
    return each([&](int i) {
      std::int32_t total = sum.lane[i];
      for (int d = 0; d < L.depth; ++d) {
        total += act.lane[i / L.vectorChannels][d] * weights.lane[i % L.vectorChannels][d];
      }
      return total;
    });
  }
  static void storeSums(std::int32_t* out, std::ptrdiff_t pixelStride, Vec v) {
    for (int i = 0; i < L.lanes; ++i) out[i / L.vectorChannels * pixelStride + i % L.vectorChannels] = v.lane[i];
  }
  template <class T>
  static void keep(T&) {}

  // Sixteen-bit lanes, for Winograd: x86 multiplies pairs of channels, NEON takes four channels from one load.
  static constexpr int kDepth = std::max(1, L.winograd.depth);
  static constexpr int kFactorInputs = kDepth == 1 ? 4 : kDepth;
  struct Short {
    std::int16_t lane[2 * L.lanes];
  };
  struct Factors {
    std::int16_t lane[kFactorInputs];
  };
  struct Weights {
    std::int16_t lane[L.lanes * kDepth];
  };

  template <class F>
  static Short eachShort(F&& f) {
    Short v;
    for (int i = 0; i < 2 * L.lanes; ++i) v.lane[i] = static_cast<std::int16_t>(f(i));
    return v;
  }
  static Short loadCodes(const std::uint8_t* p) {
    return eachShort([&](int i) { return L.storedOffset == 0 ? static_cast<std::int8_t>(p[i]) : p[i]; });
  }
  static Short loadShortCodes(const std::int8_t* p) {
    return eachShort([&](int i) { return p[i]; });
  }
  static void storeShort(std::int16_t* p, Short v) { std::copy_n(v.lane, 2 * L.lanes, p); }
  static Short addShort(Short a, Short b) {
    return eachShort([&](int i) { return a.lane[i] + b.lane[i]; });
  }
  static Short subShort(Short a, Short b) {
    return eachShort([&](int i) { return a.lane[i] - b.lane[i]; });
  }
  static Short twiceShort(Short v) { return addShort(v, v); }
  static Short fourTimesShort(Short v) {
    return eachShort([&](int i) { return v.lane[i] * 4; });
  }
  static Factors loadFactors(const std::int16_t* p) {
    Factors v;
    std::copy_n(p, kFactorInputs, v.lane);
    return v;
  }
  static Weights loadShortWeights(const std::int16_t* p) {
    Weights v;
    std::copy_n(p, L.lanes * kDepth, v.lane);
    return v;
  }
  template <int kPart>
  static Vec multiplyAdd(Vec sum, const Factors& factors, const Weights& weights) {
    const Vec products = each([&](int i) {
      std::int32_t total = 0;
      for (int d = 0; d < kDepth; ++d) total += factors.lane[kPart * kDepth + d] * weights.lane[i * kDepth + d];
      return total;
    });
    return add(sum, products);
  }
};
