// Small deconvolution problems, one for every path through the solvers.
#pragma once

#include <string>
#include <vector>

#include "checks/reference_deconvolution.h"

namespace perifocal::checks {

struct NamedProblem {
  std::string name;
  Problem problem;
  int steps;
};

std::vector<NamedProblem> problems();
NamedProblem problemNamed(const std::string& name);

/// Points into the problem.
Psf psfOf(const Problem& problem);

}  // namespace perifocal::checks
