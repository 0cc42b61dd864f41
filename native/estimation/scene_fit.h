// How well a power spectrum is explained by a scene seen through some optics, with noise; docs/estimation.md.
#pragma once

#include <cstdint>
#include <vector>

#include "estimation/optics.h"
#include "runtime/team.h"

namespace perifocal {

/// What is expected of a coefficient, and what a departure of 1 costs, beside misfits.
struct Coefficient {
  double expected, weight;
};

/// log S = log(exp(sum of scene terms) |H|^2 + exp(sum of noise terms)).
struct SceneModel {
  Frequencies at;
  const double* logPower;  ///< natural logarithms, one a frequency
  const double* terms;     ///< each coefficient's, frequency after frequency
  std::vector<Coefficient>
      coefficients;          ///< the scene's, then the noise's; the first two are the scene's level and slope
  int sceneCount;            ///< how many of them are the scene's
  const std::uint32_t* low;  ///< low frequencies, which show the scene's level
  std::size_t lowCount;
  double huber;  ///< misfits beyond this count linearly
};

/// Fits through optics of one kind, in turn.
struct SceneFitRequest {
  SceneModel model;
  OpticsKind kind;
  std::vector<double> optics;  ///< values, fit after fit
  std::vector<double> near;    ///< coefficients of similar optics, taken where they are the better start; may be empty
  bool isChain;                ///< from the second on, those of the fit before
  bool isFree;                 ///< the values of the optics are fitted too, from those given
  int iterations;              ///< at most
};

/// Fit after fit: the mean robust misfit of the logarithms, the coefficients, the values of the optics.
struct SceneFits {
  std::vector<double> costs, coefficients, optics;
};

/// By Levenberg-Marquardt with Huber's weights. Incomplete once the team is cancelled.
SceneFits fitScene(const SceneFitRequest& request, const Team& team);

}  // namespace perifocal
