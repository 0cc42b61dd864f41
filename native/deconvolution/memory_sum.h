// The sum of all memory of a solver, which must be the same when it is used again as it was when it was left.
#pragma once

#include <cstdint>

#include "runtime/arena.h"
#include "runtime/team.h"

namespace perifocal {

/// Of 64-bit words, modulo 2^64: no single flipped bit leaves it as it was. The same for any number of threads.
std::uint64_t sumOf(const Arena& arena, Team& team);

}  // namespace perifocal
