// Rows of an image as natural scene statistics see it: grey, halved, normalised. Each row is made when it is asked for.
#pragma once

#include <array>
#include <vector>

#include "metrics/plane_reader.h"

namespace perifocal {

/// Rows of an image, which may be asked for in any order; rising orders are fast.
class RowSource {
 public:
  RowSource(int width, int height) : width_(width), height_(height) {}
  virtual ~RowSource() = default;

  int width() const { return width_; }
  int height() const { return height_; }
  /// Row y, 0 <= y < height, with room for paddedCount(width).
  virtual void read(int y, double* out) = 0;

 private:
  int width_, height_;
};

/// The last rows that were read, found by their number.
class RowCache {
 public:
  static constexpr int kRows = 8;

  explicit RowCache(int width)
      : stride_(paddedCount(width) + kMetricLanes), data_(static_cast<std::size_t>(kRows) * stride_) {
    tags_.fill(-1);
  }

  /// Row y, made by `make(double*)` where it is not at hand. Stays for the next kRows - 1 rows.
  template <class Make>
  const double* row(int y, Make&& make) {
    double* out = data_.data() + static_cast<std::ptrdiff_t>(y % kRows) * stride_;
    if (tags_[y % kRows] != y) make(out);
    tags_[y % kRows] = y;
    return out;
  }

 private:
  int stride_;
  std::vector<double> data_;
  std::array<int, kRows> tags_;
};

/// The luminance of a frame's upper left part in whole steps from 0 to 255.
class GreyRows final : public RowSource {
 public:
  GreyRows(const FrameView& frame, int width, int height, const MetricKernels& kernels);
  void read(int y, double* out) override;

 private:
  PlaneReader plane_;
  double scale_;
  const MetricKernels& kernels_;
};

/// Half the size, rounded up, as MATLAB's imresize does it: bicubic with antialiasing, mirrored beyond the edges.
/// Exact.
class HalvedRows final : public RowSource {
 public:
  HalvedRows(RowSource& full, const MetricKernels& kernels);
  void read(int y, double* out) override;

 private:
  const double* halvedColumns(int y);

  RowSource& full_;
  const MetricKernels& kernels_;
  RowCache cache_;
  std::vector<double> line_, scratch_;
};

/// What lies beyond the edges.
enum class SceneBorder { kReplicate, kZero };

/// Mean-subtracted contrast-normalised coefficients: (I - mu) / (sigma + 1), 7x7 Gaussian window of standard deviation
/// 7/6.
class NormalisedRows {
 public:
  NormalisedRows(RowSource& image, SceneBorder border, const MetricKernels& kernels);

  /// Makes rows y to y + kSmoothedRows - 1; those from the height on mean nothing.
  void make(int y);
  /// Of the i-th row made; 0 from the width to paddedCount(width).
  const double* coefficients(int i) const { return coefficients_[i].data(); }
  const double* sigma(int i) const { return sigma_[i].data(); }
  RowSource& image() { return image_; }

 private:
  const double* imageRow(int y);
  const double* squaredRow(int y);
  void extend(std::vector<double>& row) const;

  RowSource& image_;
  SceneBorder border_;
  const MetricKernels& kernels_;
  std::array<double, kSceneRadius + 1> weights_;
  RowCache rows_, squares_;
  std::vector<double> zeros_;
  std::array<std::vector<double>, kSmoothedRows> means_, meanSquares_, coefficients_, sigma_;
};

}  // namespace perifocal
