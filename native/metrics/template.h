// Everything that the metrics' templates need before they are included; see any unit in this folder (avx2.cc, ...).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "image/frame_view.h"
#include "metrics/kernels.h"
#include "simd/inline.h"
