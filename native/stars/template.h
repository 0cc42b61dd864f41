// Everything that the star kernels' templates need before they are included; see any unit in this folder (avx2.cc,
// ...).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>

#include "simd/inline.h"
#include "stars/kernels.h"
