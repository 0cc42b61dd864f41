#include "deconvolution/observation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "image/sample_window.h"
#include "runtime/parallel.h"

namespace perifocal {
namespace {

bool isKept(const SolverShape& shape) { return shape.method == DeconvolutionMethod::kRichardsonLucy; }

std::size_t pixelsOf(const SolverShape& shape) { return static_cast<std::size_t>(shape.width) * shape.height; }

std::vector<Continuation> continuations(int size, int padded, bool reflect) {
  std::vector<Continuation> list;
  for (int i = size; i < padded; ++i) list.push_back(continuationAt(i, size, padded, reflect));
  return list;
}

void widen(const DeconvolutionKernels& kernels, SampleType type, const void* in, float scale, float offset, int count,
           float* out) {
  switch (type) {
    case SampleType::kUint8: return kernels.widen8(static_cast<const std::uint8_t*>(in), scale, offset, count, out);
    case SampleType::kUint16: return kernels.widen16(static_cast<const std::uint16_t*>(in), scale, offset, count, out);
    case SampleType::kFloat32: return kernels.widen32(static_cast<const float*>(in), scale, offset, count, out);
  }
}

}  // namespace

std::size_t Observation::sampleBytes(const SolverShape& shape) {
  return isKept(shape) ? pixelsOf(shape) * perifocal::sampleBytes(shape.samples) : 0;
}

std::size_t Observation::maskBytes(const SolverShape& shape) { return shape.masked ? pixelsOf(shape) : 0; }

void Observation::create(const SolverShape& shape, const Geometry& geometry, const DeconvolutionKernels& kernels,
                         Arena& arena) {
  geometry_ = geometry;
  kernels_ = &kernels;
  continued_ = shape.method != DeconvolutionMethod::kRichardsonLucy || shape.boundary != Boundary::kBertero;
  const bool reflect = shape.boundary == Boundary::kReflect;
  columnsBeyond_ = continuations(geometry.width, geometry.columns, reflect);
  rowsBeyond_ = continuations(geometry.height, geometry.rows, reflect);
  if (isKept(shape)) copy_ = arena.take(sampleBytes(shape));
  if (shape.masked) mask_ = reinterpret_cast<std::uint8_t*>(arena.take(maskBytes(shape)));
  ranges_.resize(geometry.height);
}

LoadReport Observation::load(const SourceWindow& source, const ValidMask& valid, const SolverSettings& settings,
                             Team& team, const RowScratch& scratch) {
  view_ = source;
  scale_ = 1.0f / source.scale();
  offset_ = 0;
  const std::size_t rowBytes = geometry_.width * perifocal::sampleBytes(source.type);
  forEachRow(team, geometry_.height, [&](int y, int thread) {
    float* row = scratch.row(thread, 0);
    if (copy_ != nullptr) copyRow(source, y, geometry_.width, copy_ + y * rowBytes);
    widenRow(y, row);
    if (mask_ != nullptr) markRow(y, valid, settings, row);
    float* counts = mask_ == nullptr ? nullptr : scratch.row(thread, 1);
    if (counts != nullptr) widenMask(y, counts);
    ranges_[y] = kernels_->range(row, counts, geometry_.width);
  });
  if (copy_ != nullptr) view_ = {copy_, source.type, 1, geometry_.width, source.white};
  offset_ = settings.offset;
  return summarise();
}

void Observation::markRow(int y, const ValidMask& valid, const SolverSettings& settings, const float* values) {
  std::uint8_t* mask = maskRow(y);
  for (int x = 0; x < geometry_.width; ++x) mask[x] = values[x] < settings.saturation;
  if (valid.first != nullptr) {
    const std::uint8_t* given = valid.first + y * valid.rowStride;
    for (int x = 0; x < geometry_.width; ++x) {
      if (!ValidMask::counts(given[x])) mask[x] = given[x] == ValidMask::kAtLeast ? given[x] : 0;
    }
  }
  if (view_.type != SampleType::kFloat32) return;
  const auto* samples = static_cast<const float*>(view_.first) + y * view_.rowStride;
  for (int x = 0; x < geometry_.width; ++x) {
    if (!std::isfinite(samples[x * view_.pixelStride])) mask[x] = 0;
  }
}

LoadReport Observation::summarise() const {
  RowRange all{0, 0, std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest()};
  for (const RowRange& row : ranges_) {
    all.pixels += row.pixels;
    all.sum += row.sum;
    all.minimum = std::min(all.minimum, row.minimum);
    all.maximum = std::max(all.maximum, row.maximum);
  }
  if (all.pixels == 0) return {};
  return {static_cast<std::int64_t>(all.pixels), all.sum / all.pixels, all.minimum, all.maximum, 0};
}

int Observation::observedColumns(int y) const {
  if (continued_) return geometry_.columns;
  return y < geometry_.height ? geometry_.width : 0;
}

void Observation::values(int y, float* out, float* spare) const {
  blendRows(y, out, spare, [this](int row, float* to) { widenRow(row, to); });
}

void Observation::valid(int y, float* out, float* spare) const {
  blendRows(y, out, spare, [this](int row, float* to) { widenMask(row, to); });
  // Continued pixels count only where all that they blend do.
  const int count = observedColumns(y);
  for (int x = 0; x < count; ++x) out[x] = out[x] > 0.999f ? 1.0f : 0.0f;
}

template <class RowOf>
void Observation::blendRows(int y, float* out, float* spare, RowOf&& rowOf) const {
  if (y < geometry_.height) {
    rowOf(y, out);
    return continueColumns(out);
  }
  const Continuation& from = rowsBeyond_[y - geometry_.height];
  rowOf(from.first, out);
  rowOf(from.second, spare);
  for (int x = 0; x < geometry_.width; ++x) out[x] = from.firstShare * out[x] + from.secondShare * spare[x];
  continueColumns(out);
}

void Observation::continueColumns(float* row) const {
  if (!continued_) return;
  float* beyond = row + geometry_.width;
  for (const Continuation& from : columnsBeyond_) {
    *beyond++ = from.firstShare * row[from.first] + from.secondShare * row[from.second];
  }
}

void Observation::widenMask(int y, float* out) const {
  const std::uint8_t* mask = maskRow(y);
  for (int x = 0; x < geometry_.width; ++x) out[x] = mask[x] == 1 ? 1.0f : 0.0f;
}

void Observation::raise(int y, const float* values, float* model) const {
  if (y >= geometry_.height) return;
  const std::uint8_t* mask = maskRow(y);
  for (int x = 0; x < geometry_.width; ++x) {
    if (mask[x] == ValidMask::kAtLeast) model[x] = std::max(model[x], values[x]);
  }
}

/// Strided samples go through a small buffer.
void Observation::widenRow(int y, float* out) const {
  const auto size = static_cast<std::ptrdiff_t>(perifocal::sampleBytes(view_.type));
  const auto* row = static_cast<const std::byte*>(view_.first) + y * view_.rowStride * size;
  if (view_.pixelStride == 1) return widen(*kernels_, view_.type, row, scale_, offset_, geometry_.width, out);
  constexpr int kChunk = 256;
  alignas(64) float chunk[kChunk];
  for (int x = 0; x < geometry_.width; x += kChunk) {
    const int count = std::min(kChunk, geometry_.width - x);
    SourceWindow part = view_;
    part.first = row + x * view_.pixelStride * size;
    copyRow(part, 0, count, chunk);
    widen(*kernels_, view_.type, chunk, scale_, offset_, count, out + x);
  }
}

}  // namespace perifocal
