// A complex DFT of any length over the 16 lines of a bundle. Lengths 2^a 3^b 5^c 7^d run in place, by decimation in
// frequency from natural to digit-reversed order or by decimation in time back again, so that no pass only reorders.
// Others run as a convolution with a chirp (Bluestein 1970).
#pragma once

#include <cstddef>
#include <optional>

#include "fft/factors.h"
#include "fft/kernels.h"
#include "runtime/arena.h"
#include "runtime/team.h"

namespace perifocal {

enum class FftDirection { kForward, kInverse };  ///< neither scales

class LinePlan {
 public:
  /// Bytes that create() takes from the arena.
  static std::size_t arenaBytes(int length);
  /// 1 <= length <= kMaxFftLength. False where the arena is used up. Once the team, which must outlive the plan, is
  /// cancelled, this and all transforms end early, and what they have made is of no use.
  [[nodiscard]] bool create(int length, const FftKernels& kernels, const Team& team, Arena& arena);

  /// Elements of the bundle that create(length) works in: the length, or more where a chirp needs padding.
  static int workElements(int length);

  int length() const { return length_; }
  /// Position i of the work bundle holds element order()[i].
  const int* order() const { return order_; }

  /// From natural order to order() in `work` (elements kFftElement apart); in place where `in` is `work`.
  void toOrder(FftDirection direction, BundleIn in, float* work) const;
  /// From order() in `work`, which is overwritten, to natural order.
  void fromOrder(FftDirection direction, float* work, BundleOut out) const;

  /// `positions` adjacent positions of the work bundle from the first on, at `data`.
  using Visitor = void (*)(void* context, int first, int positions, float* data);
  /// toOrder() forward, then a visit of every position once: part by part while they are in the cache.
  void toOrder(BundleIn in, float* work, Visitor visit, void* context) const;
  /// A visit of every position once, then the inverse fromOrder(), likewise.
  void fromOrder(Visitor visit, void* context, float* work, BundleOut out) const;
  /// Forward, visit, inverse, likewise.
  void through(BundleIn in, float* work, BundleOut out, Visitor visit, void* context) const;

 private:
  struct Pass {
    const FftRadix* radix;
    int length;  ///< elements of one run: radix * span
    int span;
    const float* twiddles;
  };

  /// What happens on the way to the order, there, and on the way back.
  struct Route {
    std::optional<FftDirection> there;
    Visitor visit;  ///< or null
    void* context;
    std::optional<FftDirection> back;
  };

  bool createDirect(Arena& arena);
  bool createChirp(Arena& arena);
  void convolveChirp(FftDirection direction, BundleIn in, float* work) const;

  void runAfter(int pass, FftDirection direction, BundleIn in, float* work, int blocks) const;
  void runBefore(int pass, FftDirection direction, const float* work, BundleOut out, int blocks) const;
  bool fitsCache(int pass) const;
  void travel(const Route& route, BundleIn in, float* work, BundleOut out) const;
  void travelRun(const Route& route, int pass, BundleIn in, float* work, BundleOut out, int first) const;

  int length_ = 0;
  const FftKernels* kernels_ = nullptr;
  const Team* team_ = nullptr;
  int passes_ = 0;
  Pass pass_[kMaxFftPasses];
  int* order_ = nullptr;

  // Only with a chirp:
  LinePlan* inner_ = nullptr;     ///< the transform of the padded convolution
  const float* chirp_ = nullptr;  ///< exp(-pi i k^2 / length)
  const float* conjugateChirp_ = nullptr;
  const float* chirpSpectrum_ = nullptr;  ///< of its conjugate, in the inner order, over the padded length
};

}  // namespace perifocal
