#include "fft/transform.h"

#include <algorithm>
#include <string>

#include "fft/real_fft.h"
#include "fft/real_lines.h"

namespace perifocal {
namespace {

class LinesTransform final : public Transform {
 public:
  explicit LinesTransform(const TransformShape& shape) : Transform(shape) {}

  void forward(const float* values, float* re, float* im) override { plan_->forward(values, re, im); }
  void inverse(const float* re, const float* im, float* values) override { plan_->inverse(re, im, values); }

 private:
  Status build(const FftKernels& kernels) override {
    return RealLines::create(shape_.rows, shape_.columns, kernels, pool_, arena_, plan_);
  }

  std::unique_ptr<RealLines> plan_;
};

class ImageTransform final : public Transform {
 public:
  explicit ImageTransform(const TransformShape& shape) : Transform(shape) {}

  void forward(const float* values, float* re, float* im) override {
    Arrays arrays{this, const_cast<float*>(values), re, im};
    plan_->forwardRows(readRows, &arrays, spectrum_);
    plan_->forwardColumns(spectrum_, writeBins, &arrays);
  }

  void inverse(const float* re, const float* im, float* values) override {
    Arrays arrays{this, values, const_cast<float*>(re), const_cast<float*>(im)};
    plan_->inverseColumns(readBins, &arrays, spectrum_);
    plan_->inverseRows(spectrum_, writeRows, &arrays);
  }

 private:
  /// Those that the call reads are not written.
  struct Arrays {
    ImageTransform* self;
    float *values, *re, *im;

    float* row(int index) const { return values + std::ptrdiff_t{index} * self->shape_.columns; }
    std::ptrdiff_t binAt(const ColumnBlock& block, int i) const {
      return std::ptrdiff_t{block.frequency[i]} * self->plan_->bins() + block.bin;
    }
    int binCount(const ColumnBlock& block) const { return std::min(kBinGroup, self->plan_->bins() - block.bin); }
  };

  Status build(const FftKernels& kernels) override {
    const Status status = RealFft2d::create(shape_.rows, shape_.columns, kernels, pool_, arena_, plan_);
    if (status.ok()) spectrum_ = plan_->takeSpectrum(arena_);
    return status;
  }

  static void readRows(void* context, int row, int count, float* rows, std::ptrdiff_t stride, int) {
    const auto& arrays = *static_cast<Arrays*>(context);
    for (int r = 0; r < count; ++r) std::copy_n(arrays.row(row + r), arrays.self->shape_.columns, rows + r * stride);
  }

  static void writeRows(void* context, int row, int count, float* rows, std::ptrdiff_t stride, int) {
    const auto& arrays = *static_cast<Arrays*>(context);
    for (int r = 0; r < count; ++r) std::copy_n(rows + r * stride, arrays.self->shape_.columns, arrays.row(row + r));
  }

  static void readBins(void* context, const ColumnBlock& block, int) {
    const auto& arrays = *static_cast<Arrays*>(context);
    const int count = arrays.binCount(block);
    for (int i = 0; i < block.rows; ++i) {
      std::copy_n(arrays.re + arrays.binAt(block, i), count, block.data + i * kFftElement);
      std::copy_n(arrays.im + arrays.binAt(block, i), count, block.data + i * kFftElement + kBinGroup);
    }
  }

  static void writeBins(void* context, const ColumnBlock& block, int) {
    const auto& arrays = *static_cast<Arrays*>(context);
    const int count = arrays.binCount(block);
    for (int i = 0; i < block.rows; ++i) {
      std::copy_n(block.data + i * kFftElement, count, arrays.re + arrays.binAt(block, i));
      std::copy_n(block.data + i * kFftElement + kBinGroup, count, arrays.im + arrays.binAt(block, i));
    }
  }

  std::unique_ptr<RealFft2d> plan_;
  Spectrum spectrum_;
};

}  // namespace

std::size_t Transform::mappedBytes(const TransformShape& shape) {
  const auto& [isImage, rows, columns, threads] = shape;
  return isImage ? RealFft2d::arenaBytes(rows, columns, threads) + RealFft2d::spectrumBytes(rows, columns)
                 : RealLines::arenaBytes(rows, columns, threads);
}

Status Transform::create(const TransformShape& shape, const FftKernels& kernels, std::unique_ptr<Transform>& transform) {
  std::unique_ptr<Transform> made;
  if (shape.isImage) {
    made = std::make_unique<ImageTransform>(shape);
  } else {
    made = std::make_unique<LinesTransform>(shape);
  }
  const std::size_t bytes = mappedBytes(shape);
  if (!made->arena_.map(bytes)) {
    return {StatusCode::kOutOfMemory, "cannot map " + std::to_string(bytes) + " bytes for a transform"};
  }
  const Status status = made->build(kernels);
  if (status.ok()) transform = std::move(made);
  return status;
}

}  // namespace perifocal
