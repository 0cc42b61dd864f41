// What the methods that solve in the Fourier domain share: penalties of frequencies, light, residuals.
#pragma once

#include <vector>

#include "deconvolution/transfer.h"
#include "deconvolution/workspace.h"

namespace perifocal {

/// |Dx|^2 + |Dy|^2 = 4 sin^2(pi fx) + 4 sin^2(pi fy) of forward differences, as a term per row and one per column; or
/// other penalties that are such sums.
struct Penalty {
  std::vector<float> ofRow, ofColumn;  ///< columns: whole groups of bins

  static Penalty flat(const Geometry& geometry);
  static Penalty gradient(const Geometry& geometry);
};

/// Signed frequency of row v or column u, in cycles per pixel.
double frequencyOf(int index, int size);

/// Light of an estimate over that of the samples: their bins of frequency 0. PSFs sum to 1.
class LightMeter {
 public:
  /// To be told of every block of columns of the samples, and of the estimate.
  void observe(const ColumnBlock& block) { note(block, observed_); }
  void estimate(const ColumnBlock& block) { note(block, estimated_); }
  /// Gives the estimate the light of the samples.
  void restore(const ColumnBlock& block) const;
  double ratio() const { return observed_ > 0 ? static_cast<double>(estimated_) / observed_ : 1; }

 private:
  /// The bin of frequency 0; null in most blocks.
  static float* find(const ColumnBlock& block);
  static void note(const ColumnBlock& block, float& sum);

  float observed_ = 0, estimated_ = 0;
};

/// Sums of |.|^2 over bins, group after group, so that the order does not depend on threads.
class BinSums {
 public:
  explicit BinSums(const Geometry& geometry);

  void clear();
  /// Sums of the 16 bins of a group, to be added to by the blocks of one column in turn.
  float* at(const ColumnBlock& block) { return sums_.data() + block.bin; }
  /// mean over pixels, by Parseval's theorem: every bin but the first and the last stands for two.
  double mean() const;

 private:
  Geometry geometry_;
  std::vector<float> sums_;
};

}  // namespace perifocal
