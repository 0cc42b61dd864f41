// Everything that the kernel templates need before they are included; see any unit in this folder (avx2.cc, ...).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "kernels/isa/shapes.h"
#include "kernels/kernels.h"
#include "kernels/limits.h"
#include "kernels/scratch.h"
#include "kernels/winograd.h"

#define PERIFOCAL_INLINE inline __attribute__((always_inline))
#define PERIFOCAL_INLINE_LAMBDA __attribute__((always_inline))
#define PERIFOCAL_NOINLINE __attribute__((noinline))
