// Real 1-D transforms of one line or many. Many lines run side by side, 16 in a bundle. A single line fills the lanes
// by itself: as a matrix of its values r + R c, transformed along c, turned, and transformed along r (Cooley and Tukey
// 1965). Scaling as in real_fft.h.
#pragma once

#include <cstddef>
#include <memory>

#include "fft/kernels.h"
#include "fft/line_plan.h"
#include "fft/real_rows.h"
#include "runtime/arena.h"
#include "runtime/status.h"
#include "runtime/team.h"

namespace perifocal {

class RealLines {
 public:
  /// 1 <= length <= kMaxFftLength.
  static std::size_t arenaBytes(int lines, int length, int threads);
  /// The kernels, the team and the arena must outlive the plan.
  static Status create(int lines, int length, const FftKernels& kernels, Team& team, Arena& arena,
                       std::unique_ptr<RealLines>& plan);

  /// lines x length values to the real and imaginary parts of lines x (length / 2 + 1) bins, all without gaps.
  void forward(const float* values, float* re, float* im);
  void inverse(const float* re, const float* im, float* values);

 private:
  struct Shape;
  struct Scratch {
    float* rows;
    float* bundle;
    float* spectrum;  ///< of 16 lines
  };

  static Shape shapeOf(int lines, int length);
  bool build(const FftKernels& kernels, Team& team, Arena& arena);
  void fillTurns(float* turns) const;
  void forwardBatch(int block, const Scratch& scratch, const float* values, float* re, float* im) const;
  void inverseBatch(int block, const Scratch& scratch, const float* re, const float* im, float* values) const;
  void forwardLine(const float* values, float* re, float* im);
  void inverseLine(const float* re, const float* im, float* values);
  void rowsOfLine(int block, float* bundle, const float* values);
  void lineOfRows(int block, float* bundle, float* values);
  void binsOfColumns(int group, const float* work, float* re, float* im) const;
  void columnsOfBins(int group, const float* re, const float* im, float* work) const;

  int lines_ = 0, length_ = 0;
  int rows_ = 1, columns_ = 0;  ///< of the matrix of a line; one row: lines are not split
  const FftKernels* kernels_ = nullptr;
  Team* team_ = nullptr;
  std::ptrdiff_t stride_ = 0;  ///< of spectra
  RealRows rowPlan_;
  LinePlan columnPlan_;
  float* spectrum_ = nullptr;     ///< of the matrix
  const float* turns_ = nullptr;  ///< exp(-2 pi i r u / length), as the spectrum
  Scratch scratch_[3];
};

}  // namespace perifocal
