// Pixels that no light reached, such as the borders that cameras fill with one value.
#pragma once

#include <optional>

#include "stars/sky.h"

namespace perifocal {

/// The brightness that fills runs of pixels side by side; none where hardly any pixels are alike. A candidate only: a
/// sky without noise is alike all over.
std::optional<float> commonConstant(const SkyRequest& request);

}  // namespace perifocal
