// What is not observed, for the methods that solve in the Fourier domain: the samples' continuation beyond a tile whose
// boundary is unknown, and pixels that are left out. What is known predicts them, again and again (expectation
// maximisation).
#pragma once

#include "deconvolution/fourier.h"
#include "deconvolution/observation.h"
#include "deconvolution/transfer.h"
#include "deconvolution/workspace.h"

namespace perifocal {

class Surroundings {
 public:
  Surroundings(const Workspace& workspace, const Observation& observation, const TransferFunction& transfer)
      : w_(workspace), observation_(observation), transfer_(transfer), penalty_(Penalty::gradient(w_.geometry)) {}

  /// Of the filter that predicts: enough to keep noise down.
  static constexpr float kNsr = 0.002f;
  /// How much to go towards the prediction in each pass: the steps of Chebyshev's semi-iteration (Varga 1962), taking
  /// what a plain pass puts right of any part of the surroundings to be at least `slowest` of its error.
  struct Schedule {
    int passes;  ///< a power of two
    double slowest;
    float relaxation(int pass) const;
  };
  /// The hyper-Laplacian prior forgives errors beyond edges, Wiener's filter carries them far into the frame. Pixels
  /// that are left out lie amid others: what is next to them has to be right (bench/defects.mjs). Beside many of them
  /// 8 passes lose up to 0.3 dB against a data term that leaves them out exactly, 16 up to 0.2 dB (bench/border.mjs).
  static Schedule scheduleOf(const SolverShape& shape, std::int64_t validPixels);

  /// `spectrum` holds the rows of the continued samples, transformed, before and after.
  void fill(Spectrum spectrum, std::int64_t validPixels);

 private:
  /// Fewer missing pixels than one of so many are single defects.
  static constexpr std::int64_t kFew = 500;

  void predict(Spectrum spectrum, float relaxation);
  void restoreKnown(Spectrum spectrum);
  /// Row y of a model becomes what is observed, and stays a model elsewhere.
  void restoreRow(int y, float* row, int thread);

  Workspace w_;
  const Observation& observation_;
  const TransferFunction& transfer_;
  const Penalty penalty_;
};

}  // namespace perifocal
