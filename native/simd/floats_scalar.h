// One float at a time: the plain form of every float kernel. Include inside the unit's anonymous namespace.

struct ScalarFloats {
  using Vec = float;
  using Mask = bool;
  static constexpr int kWidth = 1;

  PERIFOCAL_INLINE static Vec load(const float* p) { return *p; }
  PERIFOCAL_INLINE static void store(float* p, Vec v) { *p = v; }
  PERIFOCAL_INLINE static Vec splat(float x) { return x; }
  /// a * b + c, rounded twice: without hardware for it, a fused one costs a function call.
  PERIFOCAL_INLINE static Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
  /// c - a * b
  PERIFOCAL_INLINE static Vec fnma(Vec a, Vec b, Vec c) { return c - a * b; }
  PERIFOCAL_INLINE static Vec sqrt(Vec v) { return __builtin_sqrtf(v); }
  /// 1 / v; other units are less exact.
  PERIFOCAL_INLINE static Vec reciprocalEstimate(Vec v) { return 1.0f / v; }
  PERIFOCAL_INLINE static Vec min(Vec a, Vec b) { return a < b ? a : b; }
  PERIFOCAL_INLINE static Vec max(Vec a, Vec b) { return a > b ? a : b; }
  PERIFOCAL_INLINE static Mask less(Vec a, Vec b) { return a < b; }
  PERIFOCAL_INLINE static bool any(Mask mask) { return mask; }
  PERIFOCAL_INLINE static Vec select(Mask mask, Vec ifSet, Vec ifClear) { return mask ? ifSet : ifClear; }
  PERIFOCAL_INLINE static void transpose(Vec (&)[kWidth]) {}
};
