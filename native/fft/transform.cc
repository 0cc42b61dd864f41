#include "fft/transform.h"

#include <algorithm>
#include <string>

#include "fft/real_fft.h"
#include "fft/real_lines.h"
#include "runtime/parallel.h"

namespace perifocal {
namespace {

class LinesTransform final : public Transform {
 public:
  explicit LinesTransform(const TransformShape& shape) : Transform(shape) {}

  void forward(const float* values, float* re, float* im) override { plan_->forward(values, re, im); }
  void inverse(const float* re, const float* im, float* values) override { plan_->inverse(re, im, values); }

 private:
  Status build(const FftKernels& kernels) override {
    return RealLines::create(shape_.rows, shape_.columns, kernels, team_, arena_, plan_);
  }

  std::unique_ptr<RealLines> plan_;
};

class ImageTransform final : public Transform {
 public:
  explicit ImageTransform(const TransformShape& shape) : Transform(shape) {}

  void forward(const float* values, float* re, float* im) override {
    Image image{const_cast<float*>(values), shape_.columns};  // which only reads it
    plan_->forwardRows(Image::read, &image, spectrum_);
    plan_->forwardColumns(spectrum_);
    forEach(team_, groupsOf(shape_.rows), [&](int block, int) {
      eachGroup(block, [&](float* group, std::ptrdiff_t at, int count) {
        std::copy_n(group, count, re + at);
        std::copy_n(group + kBinGroup, count, im + at);
      });
    });
  }

  void inverse(const float* re, const float* im, float* values) override {
    forEach(team_, groupsOf(shape_.rows), [&](int block, int) {
      eachGroup(block, [&](float* group, std::ptrdiff_t at, int count) {
        std::copy_n(re + at, count, group);
        std::copy_n(im + at, count, group + kBinGroup);
      });
    });
    plan_->inverseColumns(spectrum_);
    Image image{values, shape_.columns};
    plan_->inverseRows(spectrum_, Image::write, &image);
  }

 private:
  struct Image {
    float* values;
    std::ptrdiff_t columns;

    static void read(void* context, int row, int count, float* rows, std::ptrdiff_t stride, int) {
      const auto& [values, columns] = *static_cast<Image*>(context);
      for (int r = 0; r < count; ++r) std::copy_n(values + (row + r) * columns, columns, rows + r * stride);
    }

    static void write(void* context, int row, int count, float* rows, std::ptrdiff_t stride, int) {
      const auto& [values, columns] = *static_cast<Image*>(context);
      for (int r = 0; r < count; ++r) std::copy_n(rows + r * stride, columns, values + (row + r) * columns);
    }
  };

  Status build(const FftKernels& kernels) override {
    const Status status = RealFft2d::create(shape_.rows, shape_.columns, kernels, team_, arena_, plan_);
    if (status.ok()) spectrum_ = plan_->takeSpectrum(arena_);
    return status;
  }

  /// Calls `copy(group, index of its first bin in a plain array, bins)` for all groups of a block of rows: row by row,
  /// which memory likes better than column by column.
  template <class Copy>
  void eachGroup(int block, Copy&& copy) const {
    const int bins = plan_->bins(), first = block * kFftLines, whole = bins - bins % kBinGroup;
    for (int row = first; row < std::min(first + kFftLines, shape_.rows); ++row) {
      const std::ptrdiff_t at = std::ptrdiff_t{row} * bins;
      for (int u = 0; u < whole; u += kBinGroup) copy(spectrum_.at(row, u), at + u, kBinGroup);
      if (whole < bins) copy(spectrum_.at(row, whole), at + whole, bins - whole);
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

Status Transform::create(const TransformShape& shape, const FftKernels& kernels, Ticket* ticket,
                         std::unique_ptr<Transform>& transform) {
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
  Status status;
  if (ticket == nullptr) {
    status = made->build(kernels);
  } else {
    const Team::Loan loan(made->team_, *ticket);
    status = made->build(kernels);
    if (status.ok()) status = made->team_.status();
  }
  if (status.ok()) transform = std::move(made);
  return status;
}

}  // namespace perifocal
