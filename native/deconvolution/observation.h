// The samples that a solver explains: scaled, offset, and continued beyond the tile where the boundary asks for it.
#pragma once

#include <vector>

#include "deconvolution/geometry.h"
#include "deconvolution/kernels.h"
#include "deconvolution/shape.h"
#include "deconvolution/workspace.h"
#include "runtime/arena.h"
#include "runtime/team.h"

namespace perifocal {

class Observation {
 public:
  /// Of the copy of the samples that Richardson-Lucy keeps; the others read the frame while they load. And of a mask.
  static std::size_t sampleBytes(const SolverShape& shape);
  static std::size_t maskBytes(const SolverShape& shape);

  void create(const SolverShape& shape, const Geometry& geometry, const DeconvolutionKernels& kernels, Arena& arena);

  /// Copies, masks and measures the tile.
  LoadReport load(const SourceWindow& source, const ValidMask& valid, const SolverSettings& settings, Team& team,
                  const RowScratch& scratch);

  /// Columns of padded row y that are observed: with Bertero's weights those of the tile, else all, continued.
  int observedColumns(int y) const;
  /// Fills the observed columns of padded row y; `spare` is a row of scratch.
  void values(int y, float* out, float* spare) const;
  bool masked() const { return mask_ != nullptr; }
  /// 1 or 0 for every observed column of padded row y; only where masked.
  void valid(int y, float* out, float* spare) const;
  /// Raises a model of padded row y to the samples of the tile that are the least that light may be; only where masked.
  void raise(int y, const float* values, float* model) const;

 private:
  std::uint8_t* maskRow(int y) const { return mask_ + static_cast<std::ptrdiff_t>(y) * geometry_.width; }
  void markRow(int y, const ValidMask& valid, const SolverSettings& settings, const float* values);
  LoadReport summarise() const;
  void widenRow(int y, float* out) const;
  void widenMask(int y, float* out) const;
  /// The tile's row, or the blend of two that continues it, of what `rowOf(row, out)` gives.
  template <class RowOf>
  void blendRows(int y, float* out, float* spare, RowOf&& rowOf) const;
  void continueColumns(float* row) const;

  Geometry geometry_{};
  const DeconvolutionKernels* kernels_ = nullptr;
  bool continued_ = false;
  std::byte* copy_ = nullptr;     ///< samples of the tile, row by row; null: not kept
  std::uint8_t* mask_ = nullptr;  ///< a byte a pixel, 1: counts; 0 or kAtLeast: left out; null: all count
  SourceWindow view_;             ///< of the copy, or else of the frame
  float scale_ = 1, offset_ = 0;
  std::vector<Continuation> columnsBeyond_, rowsBeyond_;
  std::vector<RowRange> ranges_;
};

}  // namespace perifocal
