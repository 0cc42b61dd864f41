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

  /// `spectrum` holds the rows of the continued samples, transformed, before and after.
  void fill(Spectrum spectrum);

 private:
  void predict(Spectrum spectrum);
  void restoreTile(Spectrum spectrum);

  Workspace w_;
  const Observation& observation_;
  const TransferFunction& transfer_;
  const Penalty penalty_;
};

}  // namespace perifocal
