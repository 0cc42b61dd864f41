// Where the image has nothing to show: there every layer sees what it sees beyond the rim of an image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/limits.h"
#include "runtime/arena.h"
#include "streaming/memory_plan.h"

namespace perifocal {

/// A row of a tensor of codes.
struct CodeRow {
  std::uint8_t* pixels;
  int row;
  int scale;
  int channels;
  std::int32_t zero;  ///< what stands for nothing
};

/// The blocks of 4x4 pixels none of which is there, for the rows that are alive. A block is a pixel at quarter
/// scale, so that all scales agree on what is missing.
class MissingBlocks {
 public:
  /// Takes its rows from `arena`; false when that is too small.
  bool attach(const MemoryPlan& plan, int width, Arena& arena);

  /// Forgets all rows.
  void reset();

  /// The next `count` rows, `width` bytes each, 0 where a pixel is missing; null: none is.
  void add(const std::uint8_t* valid, int count);

  /// Rows of the image that were added.
  int rows() const { return rows_; }

  /// Whether what is missing in the block row of row `row` of a scale is what was added.
  bool holds(int row, int scale) const;

  /// Writes nothing where blocks are missing in pixels [begin, end), whole blocks, of a row. Before each run of pixels
  /// is overwritten, `before(pixels, count)` may look at it.
  template <class Before>
  void clear(const CodeRow& row, int begin, int end, Before&& before) const;
  void clear(const CodeRow& row, int begin, int end) const {
    clear(row, begin, end, [](const std::uint8_t*, int) {});
  }

 private:
  std::uint8_t* blocksOf(int blockRow) const { return blocks_ + blockRow % ringRows_ * rowBytes_; }
  void addRow(const std::uint8_t* valid);
  std::uint64_t digestOf(int blockRow) const;

  int width_ = 0;
  int ringRows_ = 1;
  std::ptrdiff_t rowBytes_ = 0;
  std::uint8_t* blocks_ = nullptr;       ///< a ring of rows of blocks, 1 where missing
  std::vector<std::uint8_t> isMissing_;  ///< per row of blocks of the ring: whether any is
  std::vector<std::uint64_t> digests_;   ///< likewise: of what was added
  int rows_ = 0;
};

template <class Before>
void MissingBlocks::clear(const CodeRow& row, int begin, int end, Before&& before) const {
  const int side = kMaxBlockRows >> row.scale, blockRow = row.row / side;
  if (isMissing_[blockRow % ringRows_] == 0) return;
  const std::uint8_t* blocks = blocksOf(blockRow);
  const std::ptrdiff_t bytes = static_cast<std::ptrdiff_t>(side) * row.channels;
  for (int b = begin / side; b < end / side; ++b) {
    if (blocks[b] == 0) continue;
    before(row.pixels + b * bytes, side);
    std::memset(row.pixels + b * bytes, row.zero, bytes);
  }
}

}  // namespace perifocal
