#include "streaming/missing_blocks.h"

#include <algorithm>
#include <cstring>

#include "kernels/limits.h"
#include "runtime/word_digest.h"

namespace perifocal {
namespace {

constexpr int kSide = kMaxBlockRows;

}  // namespace

bool MissingBlocks::attach(const MemoryPlan& plan, int width, Arena& arena) {
  width_ = width;
  ringRows_ = plan.missingRows;
  rowBytes_ = static_cast<std::ptrdiff_t>(plan.missingRowBytes);
  blocks_ = reinterpret_cast<std::uint8_t*>(arena.take(plan.missingRowBytes * plan.missingRows));
  isMissing_.assign(ringRows_, 0);
  digests_.assign(ringRows_, 0);
  return blocks_ != nullptr;
}

void MissingBlocks::reset() {
  rows_ = 0;
  std::fill(isMissing_.begin(), isMissing_.end(), 0);
}

void MissingBlocks::add(const std::uint8_t* valid, int count) {
  for (int i = 0; i < count; ++i) {
    addRow(valid == nullptr ? nullptr : valid + static_cast<std::ptrdiff_t>(i) * width_);
    const int blockRow = (rows_ - 1) / kSide;
    digests_[blockRow % ringRows_] = digestOf(blockRow);
  }
}

/// Where nothing is missing, nobody reads the blocks.
std::uint64_t MissingBlocks::digestOf(int blockRow) const {
  const std::uint8_t isMissing = isMissing_[blockRow % ringRows_];
  WordDigest digest;
  digest.addValues(isMissing);
  if (isMissing != 0) digest.add(blocksOf(blockRow), width_ / kSide);
  return digest.value();
}

bool MissingBlocks::holds(int row, int scale) const {
  const int blockRow = row / (kSide >> scale);
  return digestOf(blockRow) == digests_[blockRow % ringRows_];
}

void MissingBlocks::addRow(const std::uint8_t* valid) {
  const int blockRow = rows_ / kSide, columns = width_ / kSide;
  std::uint8_t* blocks = blocksOf(blockRow);
  std::uint8_t& isMissing = isMissing_[blockRow % ringRows_];
  if (rows_++ % kSide == 0) {
    std::memset(blocks, 1, columns);
    isMissing = 1;
  }
  // One row that is there whole leaves no block missing.
  if (valid == nullptr) isMissing = 0;
  if (isMissing == 0) return;
  isMissing = 0;
  for (int b = 0; b < columns; ++b) {
    const std::uint8_t* pixels = valid + static_cast<std::ptrdiff_t>(b) * kSide;
    if (std::any_of(pixels, pixels + kSide, [](std::uint8_t there) { return there != 0; })) blocks[b] = 0;
    isMissing |= blocks[b];
  }
}

}  // namespace perifocal
