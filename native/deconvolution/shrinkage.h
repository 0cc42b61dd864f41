// The numbers of a w-step: min_w |w|^alpha + (beta / 2) (w - v)^2.
#pragma once

#include "deconvolution/kernels.h"

namespace perifocal {

/// 0 < alpha < 1, beta > 0. 1/2 and 2/3 (to float precision) have kernels of their own.
Shrinkage shrinkageOf(float alpha, double beta);

}  // namespace perifocal
