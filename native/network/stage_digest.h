// What a stage of the network is, as a number (docs/integrity.md).
#pragma once

#include <cstdint>

#include "network/model.h"

namespace perifocal {

/// Of all that a stage is prepared from: itself, its tensors, and its layer with its zero points, multipliers and
/// places of weights.
std::uint64_t stageDigest(const Model& model, int stage);

}  // namespace perifocal
