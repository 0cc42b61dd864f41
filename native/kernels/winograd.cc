#include "kernels/winograd.h"

#include <algorithm>

namespace perifocal {
namespace {

/// V and M together stay in the second-level cache, beside the weights that pass through it.
constexpr std::size_t kWorkBytes = 384 * 1024;
constexpr std::size_t kLine = 64;

/// Bytes of one position's part, and a cache line more, so that positions fall into different sets; the line also takes
/// what a whole-register store writes beyond the last tile.
std::size_t positionBytes(std::size_t bytes) { return (bytes + kLine - 1) / kLine * kLine + kLine; }

}  // namespace

int winogradBlocks(const WinogradLayout& layout, int outputs) {
  return (outputs + layout.blockChannels - 1) / layout.blockChannels;
}

WinogradBlock winogradBlock(const WinogradLayout& layout, int outputs, int index) {
  const int first = index * layout.blockChannels, half = layout.blockChannels / 2;
  return {first, outputs - first <= half ? half : layout.blockChannels};
}

std::ptrdiff_t winogradWeightStride(const WinogradLayout& layout, int inputs) {
  const std::size_t bytes = static_cast<std::size_t>(inputs) * layout.blockChannels * sizeof(std::int16_t);
  return static_cast<std::ptrdiff_t>(positionBytes(bytes) / sizeof(std::int16_t));
}

int winogradSteps(const WinogradLayout& layout, int inputs, int outputs) {
  return winogradBlocks(layout, outputs) * inputs / layout.depth;
}

std::size_t winogradWeightBytes(const WinogradLayout& layout, int inputs, int outputs) {
  return static_cast<std::size_t>(winogradBlocks(layout, outputs)) * kTilePositions *
         static_cast<std::size_t>(winogradWeightStride(layout, inputs)) * sizeof(std::int16_t);
}

WinogradScratch planWinogradScratch(const WinogradLayout& layout, int inputs) {
  const std::size_t input = static_cast<std::size_t>(inputs) * sizeof(std::int16_t);
  const std::size_t product = static_cast<std::size_t>(layout.blockChannels) * sizeof(std::int32_t);
  const int fit = static_cast<int>(kWorkBytes / (kTilePositions * (input + product)));
  WinogradScratch plan{};
  plan.tiles = std::max(1, fit / layout.tiles) * layout.tiles;
  const std::size_t inputBytes = positionBytes(plan.tiles * input);
  const std::size_t productBytes = positionBytes(plan.tiles * product);
  plan.inputStride = static_cast<std::ptrdiff_t>(inputBytes / sizeof(std::int16_t));
  plan.productStride = static_cast<std::ptrdiff_t>(productBytes / sizeof(std::int32_t));
  plan.products = kTilePositions * inputBytes;
  plan.sums = plan.products + kTilePositions * productBytes;
  plan.bytes = plan.sums + static_cast<std::size_t>(kTileSide * kTileSide) * kFinishTiles * product;
  return plan;
}

}  // namespace perifocal
