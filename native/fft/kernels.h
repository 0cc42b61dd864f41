// The interface between the transforms and one instruction set. Every kernel works on bundles: 16 independent lines
// side by side, so that a vector lane is a line and no butterfly ever mixes lanes. Element i of a bundle is 16 real
// parts followed by the 16 imaginary parts, at `i * step` floats.
#pragma once

#include <cstddef>

namespace perifocal {

inline constexpr int kFftLines = 16;               ///< lines of a bundle
inline constexpr int kFftElement = 2 * kFftLines;  ///< floats of one element of a bundle
inline constexpr int kMaxRadix = 8;

/// Elements of a bundle, `step` floats apart.
struct BundleIn {
  const float* data;
  std::ptrdiff_t step;
};
struct BundleOut {
  float* data;
  std::ptrdiff_t step;
};

/// One pass over `blocks` adjacent runs of radix * span elements: butterfly j of a run takes and gives its elements j,
/// j + span, j + 2 span... `twiddles` holds radix - 1 complex factors for every j. In place where in and out agree.
using FftPass = void (*)(BundleIn in, BundleOut out, int blocks, int span, const float* twiddles);

/// The forms of one radix. "Inverse" conjugates every factor.
struct FftRadix {
  FftPass plain, plainInverse;    ///< span 1: no factors
  FftPass after, afterInverse;    ///< factors on the outputs (decimation in frequency)
  FftPass before, beforeInverse;  ///< factors on the inputs (decimation in time)
};

struct FftKernels {
  const char* name;
  FftRadix radix[kMaxRadix + 1];  ///< 2, 3, 4, 5, 7 and 8

  /// 16 rows of reals to a bundle: column c goes to the 16 floats at `bundle + offsets[c]`.
  void (*gatherColumns)(const float* rows, std::ptrdiff_t stride, int columns, float* bundle, const int* offsets);
  /// The reverse.
  void (*scatterColumns)(const float* bundle, const int* offsets, float* rows, std::ptrdiff_t stride, int columns);

  /// A bundle to 16 rows of a spectrum (real_fft.h), and back; whole groups of 16 bins.
  void (*scatterBins)(const float* bundle, int groups, float* rows, std::ptrdiff_t stride);
  void (*gatherBins)(const float* rows, std::ptrdiff_t stride, int groups, float* bundle);

  /// In place: the transform of pairs of reals as complex numbers (half elements) becomes the half spectrum of the
  /// reals (half + 1 elements). `twiddles`: exp(-2 pi i u / (2 half)) for u <= half / 2.
  void (*separate)(float* bundle, int half, const float* twiddles);
  /// The reverse, with its result times 2 `scale`.
  void (*join)(float* bundle, int half, const float* twiddles, float scale);

  /// out[i] = in[i] * factors[i] of complex numbers; conjugate: conj(in[i]) * factors[i].
  void (*multiply)(BundleIn in, BundleOut out, int count, const float* factors);
  void (*multiplyConjugate)(BundleIn in, BundleOut out, int count, const float* factors);

  /// In place over `count` adjacent elements: data *= factors lane by lane; conjugate: data *= conj(factors).
  void (*multiplyLanes)(float* data, const float* factors, int count);
  void (*multiplyLanesConjugate)(float* data, const float* factors, int count);
};

}  // namespace perifocal
