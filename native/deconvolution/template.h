// Everything that the solvers' templates need before they are included; see any unit in this folder (avx2.cc, ...).
#pragma once

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "deconvolution/kernels.h"
#include "simd/inline.h"
