// One plane of a frame, row by row, also at smaller scales.
#pragma once

#include <vector>

#include "image/frame_view.h"
#include "metrics/kernels.h"

namespace perifocal {

/// What becomes of the pixels before they are compared.
struct PlaneScale {
  /// Side of the squares whose means replace pixels; what fills no square at the right and bottom is left out.
  int pool = 1;
  /// After that, how often means of 2x2 replace values; the last column and row of an odd number count twice.
  int halvings = 0;

  /// Of a side of so many pixels.
  int lengthOf(int pixels) const {
    int length = pixels / pool;
    for (int i = 0; i < halvings; ++i) length = (length + 1) / 2;
    return length;
  }
};

/// Reads the luminance or one channel, in units of samples.
class PlaneReader {
 public:
  PlaneReader(const FrameView& frame, int component, PlaneScale scale, const MetricKernels& kernels);

  int width() const { return scale_.lengthOf(frame_.width); }
  int height() const { return scale_.lengthOf(frame_.height); }

  /// `count` values of row y from column x on. Not for two threads at once.
  void read(int x, int y, int count, double* out) { readHalved(scale_.halvings, x, y, count, out); }

 private:
  void readSamples(int x, int y, int count, double* out) const;
  void readPooled(int x, int y, int count, double* out);
  void readHalved(int halvings, int x, int y, int count, double* out);

  FrameView frame_;
  int component_;
  PlaneScale scale_;
  const MetricKernels& kernels_;
  std::vector<double> line_, sum_;
  std::vector<std::vector<double>> rows_;  ///< two for every halving
};

}  // namespace perifocal
