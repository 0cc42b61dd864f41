// Floats of any width on a plain array: every float template runs on any CPU, so that none goes untested. Include
// inside the unit's anonymous namespace, after <algorithm>, <cmath> and <utility>.

template <int W>
struct EmulatedFloats {
  static constexpr int kWidth = W;
  struct Vec {
    float lane[W];
    friend Vec operator+(const Vec& a, const Vec& b) {
      return each([&](int i) { return a.lane[i] + b.lane[i]; });
    }
    friend Vec operator-(const Vec& a, const Vec& b) {
      return each([&](int i) { return a.lane[i] - b.lane[i]; });
    }
    friend Vec operator*(const Vec& a, const Vec& b) {
      return each([&](int i) { return a.lane[i] * b.lane[i]; });
    }
    friend Vec operator/(const Vec& a, const Vec& b) {
      return each([&](int i) { return a.lane[i] / b.lane[i]; });
    }
    friend Vec operator-(const Vec& a) {
      return each([&](int i) { return -a.lane[i]; });
    }
  };
  struct Mask {
    bool lane[W];
  };

  static Vec load(const float* p) {
    return each([&](int i) { return p[i]; });
  }
  static void store(float* p, const Vec& v) { std::copy_n(v.lane, W, p); }
  static Vec splat(float x) {
    return each([&](int) { return x; });
  }
  static Vec fma(const Vec& a, const Vec& b, const Vec& c) {
    return each([&](int i) { return std::fma(a.lane[i], b.lane[i], c.lane[i]); });
  }
  static Vec fnma(const Vec& a, const Vec& b, const Vec& c) {
    return each([&](int i) { return std::fma(-a.lane[i], b.lane[i], c.lane[i]); });
  }
  static Vec sqrt(const Vec& v) {
    return each([&](int i) { return std::sqrt(v.lane[i]); });
  }
  /// As inexact as any unit.
  static Vec reciprocalEstimate(const Vec& v) {
    return each([&](int i) { return (1 + 0x1p-11f) / v.lane[i]; });
  }
  static Vec min(const Vec& a, const Vec& b) {
    return each([&](int i) { return std::min(a.lane[i], b.lane[i]); });
  }
  static Vec max(const Vec& a, const Vec& b) {
    return each([&](int i) { return std::max(a.lane[i], b.lane[i]); });
  }
  static Mask less(const Vec& a, const Vec& b) {
    Mask mask;
    for (int i = 0; i < W; ++i) mask.lane[i] = a.lane[i] < b.lane[i];
    return mask;
  }
  static bool any(const Mask& mask) { return std::find(mask.lane, mask.lane + W, true) != mask.lane + W; }
  static Vec select(const Mask& mask, const Vec& ifSet, const Vec& ifClear) {
    return each([&](int i) { return mask.lane[i] ? ifSet.lane[i] : ifClear.lane[i]; });
  }
  static void transpose(Vec (&v)[W]) {
    for (int r = 0; r < W; ++r) {
      for (int c = 0; c < r; ++c) std::swap(v[r].lane[c], v[c].lane[r]);
    }
  }

  /// The vector of f(lane).
  template <class F>
  static Vec each(F&& f) {
    Vec v;
    for (int i = 0; i < W; ++i) v.lane[i] = f(i);
    return v;
  }
};
