// Checks in several processes.
#pragma once

#include "checks/check.h"

namespace perifocal::checks {

struct Counts {
  int passed = 0, failed = 0;
};

/// Runs all checks and prints those that fail; a process that dies fails the check at hand, and the others go on.
/// @param jobs processes that share the checks; below 2: this one runs them
Counts runChecks(const std::vector<Check>& all, int jobs);

}  // namespace perifocal::checks
