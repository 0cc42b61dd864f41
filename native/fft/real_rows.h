// Real transforms of 16 rows at a time between rows of reals, a bundle, and rows of a spectrum.
#pragma once

#include <cstddef>

#include "fft/kernels.h"
#include "fft/line_plan.h"
#include "runtime/arena.h"

namespace perifocal {

/// Bins that lie together in a spectrum.
inline constexpr int kBinGroup = kFftLines;

constexpr int groupsOf(int count) { return (count + kFftLines - 1) / kFftLines; }

/// Even lengths run as complex numbers of half the length: pairs of adjacent reals.
class RealRows {
 public:
  static std::size_t arenaBytes(int length);
  /// Elements of the bundle that the transforms work in.
  static int workElements(int length);
  /// 1 <= length <= kMaxFftLength. False where the arena is used up.
  [[nodiscard]] bool create(int length, const FftKernels& kernels, const Team& team, Arena& arena);

  int length() const { return length_; }
  int bins() const { return length_ / 2 + 1; }
  /// Where `forward` expects the 16 values of a column in the bundle, and `inverse` leaves them; floats.
  const int* offsets() const { return offsets_; }
  /// Whether a bundle must be cleared before its columns are set: odd lengths have imaginary parts, all zero.
  bool needsClearing() const { return length_ % 2 != 0; }

  /// Columns in the bundle at offsets() to spectrum rows, `stride` floats apart; not scaled.
  void forward(float* bundle, float* spectrum, std::ptrdiff_t stride) const;
  /// Spectrum rows to columns in the bundle at offsets(), times `scale` * length.
  void inverse(const float* spectrum, std::ptrdiff_t stride, float scale, float* bundle) const;

  /// 16 rows of reals to the bundle, and back; both read and write up to 15 floats beyond the length.
  void gather(const float* rows, std::ptrdiff_t stride, float* bundle) const;
  void scatter(const float* bundle, float* rows, std::ptrdiff_t stride) const;

 private:
  bool isPaired() const { return length_ % 2 == 0; }
  void mirror(float scale, float* bundle) const;

  int length_ = 0;
  const FftKernels* kernels_ = nullptr;
  LinePlan plan_;
  const int* offsets_ = nullptr;
  const float* twiddles_ = nullptr;  ///< exp(-2 pi i u / length), u <= length / 4; paired only
};

}  // namespace perifocal
