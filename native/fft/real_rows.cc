#include "fft/real_rows.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace perifocal {
namespace {

int complexLength(int length) { return length % 2 == 0 ? length / 2 : length; }
std::size_t twiddleCount(int length) { return length % 2 == 0 ? length / 4 + 1 : 0; }
float* elementOf(float* bundle, int element) { return bundle + static_cast<std::ptrdiff_t>(element) * kFftElement; }

}  // namespace

std::size_t RealRows::arenaBytes(int length) {
  return LinePlan::arenaBytes(complexLength(length)) + perifocal::arenaBytes(sizeof(int) * length) +
         perifocal::arenaBytes(2 * sizeof(float) * twiddleCount(length));
}

int RealRows::workElements(int length) {
  return std::max(LinePlan::workElements(complexLength(length)), groupsOf(length / 2 + 1) * kBinGroup);
}

bool RealRows::create(int length, const FftKernels& kernels, const Team& team, Arena& arena) {
  length_ = length;
  kernels_ = &kernels;
  if (!plan_.create(complexLength(length), kernels, team, arena)) return false;
  auto* offsets = reinterpret_cast<int*>(arena.take(sizeof(int) * length));
  auto* twiddles = reinterpret_cast<float*>(arena.take(2 * sizeof(float) * twiddleCount(length)));
  if (offsets == nullptr || twiddles == nullptr) return false;
  for (int i = 0; i < plan_.length(); ++i) {
    const int element = plan_.order()[i], at = i * kFftElement;
    if (isPaired()) {
      offsets[2 * element] = at;
      offsets[2 * element + 1] = at + kFftLines;
    } else {
      offsets[element] = at;
    }
  }
  for (std::size_t u = 0; u < twiddleCount(length); ++u) {
    const double angle = -2.0 * std::numbers::pi * static_cast<double>(u) / length;
    twiddles[2 * u] = static_cast<float>(std::cos(angle));
    twiddles[2 * u + 1] = static_cast<float>(std::sin(angle));
  }
  offsets_ = offsets;
  twiddles_ = twiddles;
  return true;
}

void RealRows::forward(float* bundle, float* spectrum, std::ptrdiff_t stride) const {
  const int groups = groupsOf(bins());
  plan_.fromOrder(FftDirection::kForward, bundle, {bundle, kFftElement});
  if (isPaired()) kernels_->separate(bundle, length_ / 2, twiddles_);
  std::fill(elementOf(bundle, bins()), elementOf(bundle, groups * kBinGroup), 0.0f);
  kernels_->scatterBins(bundle, groups, spectrum, stride);
}

void RealRows::inverse(const float* spectrum, std::ptrdiff_t stride, float scale, float* bundle) const {
  kernels_->gatherBins(spectrum, stride, groupsOf(bins()), bundle);
  if (isPaired()) {
    kernels_->join(bundle, length_ / 2, twiddles_, scale);
  } else {
    mirror(scale, bundle);
  }
  plan_.toOrder(FftDirection::kInverse, {bundle, kFftElement}, bundle);
}

/// The whole spectrum of a real odd length out of its first half, times scale.
void RealRows::mirror(float scale, float* bundle) const {
  const float factor[2] = {scale, 0};
  std::fill_n(bundle + kFftLines, kFftLines, 0.0f);  // the imaginary part of a real sum
  for (int u = bins() - 1; u >= 0; --u) {
    float *at = elementOf(bundle, u), *image = elementOf(bundle, length_ - u);
    if (u > 0) kernels_->multiplyConjugate({at, kFftElement}, {image, kFftElement}, 1, factor);
    kernels_->multiply({at, kFftElement}, {at, kFftElement}, 1, factor);
  }
}

void RealRows::gather(const float* rows, std::ptrdiff_t stride, float* bundle) const {
  if (needsClearing()) std::fill_n(bundle, static_cast<std::ptrdiff_t>(length_) * kFftElement, 0.0f);
  kernels_->gatherColumns(rows, stride, length_, bundle, offsets_);
}

void RealRows::scatter(const float* bundle, float* rows, std::ptrdiff_t stride) const {
  kernels_->scatterColumns(bundle, offsets_, rows, stride, length_);
}

}  // namespace perifocal
