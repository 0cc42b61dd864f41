// What the kernels add up while a firing runs.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"
#include "kernels/limits.h"

namespace perifocal {

class FiringSums {
 public:
  /// Weight packs of a firing: the phases of a transposed convolution.
  static constexpr int kPacks = 4;

  /// Entries that `attach` needs. @param channels the most output channels of a layer, in whole registers
  static std::size_t entries(int channels) { return static_cast<std::size_t>(kVectors) * channels; }

  void attach(std::int32_t* memory) { memory_ = memory; }

  /// Forgets what was added, and makes room for a layer of `channels` outputs, in whole registers; the epilogue of row
  /// `repeatedRow`, or of all for -1, is to be evaluated twice.
  void begin(int channels, int rows, int repeatedRow);

  /// Where a job of that pack adds to, whose first row is row `firstRow` of the firing.
  ConvSums of(int pack, int firstRow) const;

  /// Codes of `channels` channels give way to `zero`, all as they are stored; `offset` is that of the layout.
  void replace(int row, const std::uint8_t* codes, int channels, std::ptrdiff_t pixels, std::int32_t zero,
               int offset) const;

  const std::int32_t* outputs(int pack) const { return vector(pack); }
  const std::int32_t* range() const { return vector(kRange); }
  const std::int32_t* difference() const { return vector(kDifference); }
  const std::int32_t* stored(int row) const { return vector(kStored + row); }
  const std::int32_t* trunkIn(int row) const { return vector(kTrunkIn + row); }
  const std::int32_t* trunkOut(int row) const { return vector(kTrunkOut + row); }

 private:
  static constexpr int kRange = kPacks, kDifference = kRange + 1, kStored = kDifference + 1,
                       kTrunkIn = kStored + kMaxBlockRows, kTrunkOut = kTrunkIn + kMaxBlockRows,
                       kVectors = kTrunkOut + kMaxBlockRows;

  std::int32_t* vector(int index) const { return memory_ + static_cast<std::ptrdiff_t>(index) * channels_; }

  std::int32_t* memory_ = nullptr;
  int channels_ = 0;
  int rows_ = 0;
  int repeatedRow_ = 0;
};

}  // namespace perifocal
