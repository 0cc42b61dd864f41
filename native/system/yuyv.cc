#include <algorithm>

#include "system/video.h"

namespace perifocal {
namespace {

/// ITU-R BT.601 with luma from 16 to 235 and chroma from 16 to 240, in units of 1/65536.
constexpr int kLuma = 76'309, kRedOfV = 104'597, kGreenOfU = 25'675, kGreenOfV = 53'279, kBlueOfU = 132'201;
constexpr int kHalf = 1 << 15;

std::uint8_t rounded(int sum) { return static_cast<std::uint8_t>(std::clamp((sum + kHalf) >> 16, 0, 255)); }

}  // namespace

void convertYuyv(const std::uint8_t* row, int width, std::uint8_t* rgb) {
  for (int x = 0; x < width; ++x) {
    const std::uint8_t* pair = row + 4 * (x / 2);
    const int luma = kLuma * (pair[2 * (x % 2)] - 16);
    const int u = pair[1] - 128, v = pair[3] - 128;
    rgb[3 * x] = rounded(luma + kRedOfV * v);
    rgb[3 * x + 1] = rounded(luma - kGreenOfU * u - kGreenOfV * v);
    rgb[3 * x + 2] = rounded(luma + kBlueOfU * u);
  }
}

}  // namespace perifocal
