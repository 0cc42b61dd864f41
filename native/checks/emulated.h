// Every instruction set's templates on plain-array registers, to check those that this CPU cannot run.
#pragma once

#include <vector>

#include "kernels/kernels.h"

namespace perifocal::checks {

/// All SIMD instruction sets of all architectures, under their own names.
const std::vector<const Kernels*>& emulatedKernels();

}  // namespace perifocal::checks
