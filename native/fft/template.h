// Everything that the FFT templates need before they are included; see any unit in this folder (avx2.cc, ...).
#pragma once

#include <cstddef>
#include <utility>

#include "fft/kernels.h"
#include "simd/inline.h"
