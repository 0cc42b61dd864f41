// The whole-image oracle: MIMO-UNet layer by layer over complete planes, straight from the file's tensors.
// Shares no code with the streaming engine, its graph or its kernels. Written for reading.
#pragma once

#include <cstdint>
#include <vector>

#include "checks/random_model.h"

namespace perifocal::checks {

/// Interleaved 8-bit RGB in, interleaved residual (steps of 1/4080) out; both sides multiples of 4. `valid` has a byte
/// per pixel, 0 where it is missing; empty: none is.
std::vector<std::int16_t> referenceResidual(const RandomModel& model, const std::vector<std::uint8_t>& rgb, int width,
                                            int height, const std::vector<std::uint8_t>& valid = {});

}  // namespace perifocal::checks
