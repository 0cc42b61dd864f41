// Every instruction set's templates on plain-array registers, to check those that this CPU cannot run.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kernels/kernels.h"

namespace perifocal::checks {

/// All SIMD instruction sets of all architectures, under their own names.
const std::vector<const Kernels*>& emulatedKernels();

/// Every instruction set that can run here, natively where possible, else emulated, with a name that says which.
std::vector<std::pair<std::string, const Kernels*>> runnableKernels();

}  // namespace perifocal::checks
