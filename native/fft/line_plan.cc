#include "fft/line_plan.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <cstring>
#include <new>
#include <numbers>
#include <vector>

namespace perifocal {
namespace {

using ComplexD = std::complex<double>;

/// What of a bundle stays in the first-level cache beside its factors.
constexpr std::size_t kCacheBytes = 24 * 1024;

template <class T>
T* takeArray(Arena& arena, std::size_t count) {
  return reinterpret_cast<T*>(arena.take(count * sizeof(T)));
}

ComplexD unit(std::int64_t numerator, std::int64_t denominator) {
  return std::polar(1.0, -2.0 * std::numbers::pi * static_cast<double>(numerator) / static_cast<double>(denominator));
}

void storeComplexAt(float* table, std::size_t index, ComplexD value) {
  table[2 * index] = static_cast<float>(value.real());
  table[2 * index + 1] = static_cast<float>(value.imag());
}

/// Plain recursive DFT in double precision, for tables only.
std::vector<ComplexD> transform(const std::vector<ComplexD>& x, int pass, const FftFactors& factors, const Team& team) {
  const auto n = static_cast<std::int64_t>(x.size());
  if (n == 1 || team.cancelled()) return x;
  const int radix = factors.radix[pass];
  const std::int64_t span = n / radix;
  std::vector<ComplexD> out(x.size());
  std::vector<ComplexD> part(span);
  for (int p = 0; p < radix && !team.cancelled(); ++p) {
    for (std::int64_t j = 0; j < span && !team.cancelled(); ++j) {
      ComplexD sum = 0;
      for (int q = 0; q < radix; ++q) sum += x[j + q * span] * unit(p * q % radix, radix);
      part[j] = sum * unit(j * p, n);
    }
    const std::vector<ComplexD> sub = transform(part, pass + 1, factors, team);
    for (std::int64_t k = 0; k < span; ++k) out[p + radix * k] = sub[k];
  }
  return out;
}

std::size_t twiddleFloats(int length, const FftFactors& factors) {
  std::size_t floats = 0;
  for (int p = 0; p < factors.count; ++p) {
    const int span = length / factors.radix[p];
    floats += span == 1 ? 0 : 2 * static_cast<std::size_t>(span) * (factors.radix[p] - 1);
    length = span;
  }
  return floats;
}

BundleIn input(const float* work) { return {work, kFftElement}; }
BundleOut output(float* work) { return {work, kFftElement}; }
float* at(float* work, int element) { return work + static_cast<std::ptrdiff_t>(element) * kFftElement; }

void copyElements(BundleIn in, BundleOut out, int count) {
  if (in.data == out.data) return;
  for (int i = 0; i < count; ++i) {
    std::memcpy(out.data + i * out.step, in.data + i * in.step, sizeof(float) * kFftElement);
  }
}

}  // namespace

int LinePlan::workElements(int length) { return isSmooth(length) ? length : goodComplexSize(2 * length - 1); }

std::size_t LinePlan::arenaBytes(int length) {
  const std::size_t order = perifocal::arenaBytes(sizeof(int) * length);
  if (isSmooth(length)) return order + perifocal::arenaBytes(sizeof(float) * twiddleFloats(length, factorsOf(length)));
  const int padded = workElements(length);
  return order + perifocal::arenaBytes(sizeof(LinePlan)) + arenaBytes(padded) +
         2 * perifocal::arenaBytes(2 * sizeof(float) * length) + perifocal::arenaBytes(2 * sizeof(float) * padded);
}

bool LinePlan::create(int length, const FftKernels& kernels, const Team& team, Arena& arena) {
  length_ = length;
  kernels_ = &kernels;
  team_ = &team;
  order_ = takeArray<int>(arena, length);
  if (order_ == nullptr) return false;
  return isSmooth(length) ? createDirect(arena) : createChirp(arena);
}

bool LinePlan::createDirect(Arena& arena) {
  const FftFactors factors = factorsOf(length_);
  auto* twiddles = takeArray<float>(arena, twiddleFloats(length_, factors));
  if (twiddles == nullptr) return false;
  passes_ = factors.count;
  order_[0] = 0;
  int length = length_;
  for (int p = 0; p < passes_; ++p) {
    const int radix = factors.radix[p], span = length / radix;
    pass_[p] = {&kernels_->radix[radix], length, span, twiddles};
    for (int j = 0; span > 1 && j < span && !team_->cancelled(); ++j) {
      for (int k = 1; k < radix; ++k, twiddles += 2) storeComplexAt(twiddles, 0, unit(std::int64_t{j} * k, length));
    }
    length = span;
  }
  // Run q of a pass holds the frequencies that are q modulo its radix: from the last pass, whose runs are single.
  for (int p = passes_ - 1; p >= 0; --p) {
    const int radix = pass_[p].length / pass_[p].span, span = pass_[p].span;
    for (int q = radix - 1; q >= 0; --q) {
      for (int i = 0; i < span; ++i) order_[q * span + i] = q + radix * order_[i];
    }
  }
  return true;
}

bool LinePlan::createChirp(Arena& arena) {
  const int padded = workElements(length_);
  std::byte* memory = arena.take(sizeof(LinePlan));
  if (memory == nullptr) return false;
  inner_ = new (memory) LinePlan;
  if (!inner_->create(padded, *kernels_, *team_, arena)) return false;
  auto* chirp = takeArray<float>(arena, 2 * static_cast<std::size_t>(length_));
  auto* conjugate = takeArray<float>(arena, 2 * static_cast<std::size_t>(length_));
  auto* spectrum = takeArray<float>(arena, 2 * static_cast<std::size_t>(padded));
  if (chirp == nullptr || conjugate == nullptr || spectrum == nullptr) return false;
  std::vector<ComplexD> kernel(padded);
  for (std::int64_t k = 0; k < length_ && !team_->cancelled(); ++k) {
    order_[k] = static_cast<int>(k);
    const ComplexD value = unit(k * k % (2 * length_), 2 * length_);
    storeComplexAt(chirp, k, value);
    storeComplexAt(conjugate, k, std::conj(value));
    kernel[k] = kernel[(padded - k) % padded] = std::conj(value) / static_cast<double>(padded);
  }
  const std::vector<ComplexD> transformed = transform(kernel, 0, factorsOf(padded), *team_);
  if (team_->cancelled()) return true;
  for (int i = 0; i < padded; ++i) storeComplexAt(spectrum, i, transformed[inner_->order_[i]]);
  chirp_ = chirp;
  conjugateChirp_ = conjugate;
  chirpSpectrum_ = spectrum;
  return true;
}

void LinePlan::runAfter(int pass, FftDirection direction, BundleIn in, float* work, int blocks) const {
  const auto& [radix, length, span, twiddles] = pass_[pass];
  const bool forward = direction == FftDirection::kForward;
  if (span == 1) return (forward ? radix->plain : radix->plainInverse)(in, output(work), blocks, 1, nullptr);
  (forward ? radix->after : radix->afterInverse)(in, output(work), blocks, span, twiddles);
}

void LinePlan::runBefore(int pass, FftDirection direction, const float* work, BundleOut out, int blocks) const {
  const auto& [radix, length, span, twiddles] = pass_[pass];
  const bool forward = direction == FftDirection::kForward;
  if (span == 1) return (forward ? radix->plain : radix->plainInverse)(input(work), out, blocks, 1, nullptr);
  (forward ? radix->before : radix->beforeInverse)(input(work), out, blocks, span, twiddles);
}

/// Whether a run of this pass stays in the cache; deeper ones then need not be finished one by one.
bool LinePlan::fitsCache(int pass) const {
  return pass_[pass].span == 1 ||
         static_cast<std::size_t>(pass_[pass].length) * kFftElement * sizeof(float) <= kCacheBytes;
}

/// All passes from this one on, over one run of it at position `first`.
void LinePlan::travelRun(const Route& route, int pass, BundleIn in, float* work, BundleOut out, int first) const {
  const int length = pass_[pass].length, span = pass_[pass].span;
  if (team_->cancelled()) return;
  if (route.there) runAfter(pass, *route.there, in, work, 1);
  if (fitsCache(pass)) {
    for (int p = pass + 1; route.there && p < passes_; ++p) {
      runAfter(p, *route.there, input(work), work, length / pass_[p].length);
    }
    if (route.visit != nullptr) route.visit(route.context, first, length, work);
    for (int p = passes_ - 1; route.back && p > pass; --p) {
      runBefore(p, *route.back, work, output(work), length / pass_[p].length);
    }
  } else {
    for (int i = 0; i < length; i += span) {
      travelRun(route, pass + 1, input(at(work, i)), at(work, i), output(at(work, i)), first + i);
    }
  }
  if (route.back && !team_->cancelled()) runBefore(pass, *route.back, work, out, 1);
}

void LinePlan::travel(const Route& route, BundleIn in, float* work, BundleOut out) const {
  if (passes_ > 0) return travelRun(route, 0, in, work, out, 0);
  // A chirp, or a single element.
  if (route.there) convolveChirp(*route.there, in, work);
  if (route.visit != nullptr) route.visit(route.context, 0, length_, work);
  if (!route.back) return;
  convolveChirp(*route.back, input(work), work);
  copyElements(input(work), out, length_);
}

/// Natural order to natural order; a single element is its own transform.
void LinePlan::convolveChirp(FftDirection direction, BundleIn in, float* work) const {
  if (inner_ == nullptr) return copyElements(in, output(work), 1);
  const bool forward = direction == FftDirection::kForward;
  const int padded = inner_->length_;
  (forward ? kernels_->multiply : kernels_->multiplyConjugate)(in, output(work), length_, chirp_);
  std::fill(at(work, length_), at(work, padded), 0.0f);
  inner_->toOrder(FftDirection::kForward, input(work), work);
  if (team_->cancelled()) return;
  kernels_->multiply(input(work), output(work), padded, chirpSpectrum_);
  inner_->fromOrder(FftDirection::kInverse, work, output(work));
  if (team_->cancelled()) return;
  if (forward) return kernels_->multiply(input(work), output(work), length_, chirp_);
  kernels_->multiplyConjugate(input(work), output(work), length_, conjugateChirp_);
}

void LinePlan::toOrder(FftDirection direction, BundleIn in, float* work) const {
  travel({direction, nullptr, nullptr, {}}, in, work, {});
}

void LinePlan::fromOrder(FftDirection direction, float* work, BundleOut out) const {
  travel({{}, nullptr, nullptr, direction}, {}, work, out);
}

void LinePlan::toOrder(BundleIn in, float* work, Visitor visit, void* context) const {
  travel({FftDirection::kForward, visit, context, {}}, in, work, {});
}

void LinePlan::fromOrder(Visitor visit, void* context, float* work, BundleOut out) const {
  travel({{}, visit, context, FftDirection::kInverse}, {}, work, out);
}

void LinePlan::through(BundleIn in, float* work, BundleOut out, Visitor visit, void* context) const {
  travel({FftDirection::kForward, visit, context, FftDirection::kInverse}, in, work, out);
}

}  // namespace perifocal
