// What lies beyond a tile whose boundary is unknown, for the methods that solve in the Fourier domain: the samples'
// continuation is replaced by what the restored tile predicts for it, again and again (expectation maximisation).
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
    int passes;
    double slowest;
    float relaxation(int pass) const;
  };
  /// Wiener's filter rings far: with fewer passes, tiles would differ from the whole frame.
  static constexpr Schedule scheduleOf(DeconvolutionMethod method) {
    return method == DeconvolutionMethod::kWiener ? Schedule{4, 0.3} : Schedule{2, 0.15};
  }

  /// `spectrum` holds the rows of the continued samples, transformed, before and after.
  void fill(Spectrum spectrum);

 private:
  void predict(Spectrum spectrum, float relaxation);
  void restoreTile(Spectrum spectrum);

  Workspace w_;
  const Observation& observation_;
  const TransferFunction& transfer_;
  const Penalty penalty_;
};

}  // namespace perifocal
