#include "stars/sky.h"

#include <cstddef>
#include <optional>

#include "runtime/parallel.h"
#include "stars/banding.h"
#include "stars/bodies.h"
#include "stars/fine_levels.h"
#include "stars/sky_blocks.h"
#include "stars/sky_levels.h"
#include "stars/sky_pixels.h"
#include "stars/unused_value.h"

namespace perifocal {
namespace {

/// In pixels across: wider stars fill the cells of fine levels.
constexpr double kWidestFine = 40;

/// Pixels that no light reached are not used: 0 above the background.
void leaveOutUnused(const SkyBlocks& blocks, const SkyRequest& request, int y, const float* row,
                    std::uint8_t* invalid) {
  const auto blockAt = [](int place, int count, int size) {
    int block = static_cast<int>(static_cast<std::int64_t>(place) * count / size);
    while (block + 1 < count && SkyBlocks::start(block + 1, count, size) <= place) ++block;
    return block;
  };
  const int down = blockAt(y, blocks.rows(), request.height);
  for (int column = 0; column < blocks.columns(); ++column) {
    const int end = SkyBlocks::start(column + 1, blocks.columns(), request.width);
    for (int x = SkyBlocks::start(column, blocks.columns(), request.width); x < end; ++x) {
      if (blocks.isUnused(column, down, row[x])) invalid[x] = 1;
    }
  }
}

/// Above which bodies rise: the sky as its blocks have it.
std::vector<Body> bodiesOf(const SkyRequest& request, std::optional<float> constant, Team& team) {
  SkyBlocks blocks(request, constant);
  blocks.measure(team);
  return findBodies(request, blocks.darkest(), blocks.median().sigma, team);
}

}  // namespace

Sky measureSky(const SkyRequest& whole, Team& team, float* plane, std::uint8_t* invalid) {
  const int width = whole.width, height = whole.height;
  const std::optional<float> constant = commonConstant(whole);
  const std::vector<Body> bodies = bodiesOf(whole, constant, team);
  SkyRequest request = whole;
  request.bodies = bodies;
  SkyBlocks blocks(request, constant);
  blocks.measure(team);
  const LevelRows levels(blocks, width, height);
  forEachRow(team, height, [&](int y, int) {
    const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(y) * width;
    float* row = plane + first;
    readPixels(request, 0, y, width, row, invalid + first);
    const std::vector<float> read = constant ? std::vector<float>(row, row + width) : std::vector<float>();
    if (constant) leaveOutUnused(blocks, request, y, read.data(), invalid + first);
    levels.subtract(y, row);
    for (int x = 0; constant && x < width; ++x) {
      if (invalid[first + x] != 0 && read[x] == *constant) row[x] = 0;
    }
    for (const Body& body : bodies) body.blacken(y, row);
  });
  const bool hadBands = subtractBands(plane, invalid, width, height, blocks.median().sigma, team);
  // A star as wide as some cells would be taken for sky by them.
  const bool isFine = !bodies.empty() && whole.widestStar <= kWidestFine;
  const bool wasRough = isFine && FineLevels(blocks, plane, invalid, width, height).subtract(request.count, team);
  if (hadBands || wasRough) blocks.measureNoise(plane, invalid, team);
  const PartSky usual = blocks.median();
  return {usual.sigma, usual.dark, blocks.columns(), blocks.rows(), blocks.relativeNoise()};
}

}  // namespace perifocal
