#include "integrity/firing_sums.h"

#include <algorithm>

#include "integrity/modular.h"

namespace perifocal {

void FiringSums::begin(int channels, int rows, int repeatedRow) {
  channels_ = channels;
  rows_ = rows;
  repeatedRow_ = repeatedRow;
  std::fill_n(memory_, entries(channels_), 0);
}

ConvSums FiringSums::of(int pack, int firstRow) const {
  ConvSums sums{vector(pack), vector(kRange), vector(kDifference), {}, {}, {}, {}};
  for (int i = 0; i + firstRow < rows_; ++i) {
    const int row = firstRow + i;
    sums.stored[i] = vector(kStored + row);
    sums.trunkIn[i] = vector(kTrunkIn + row);
    sums.trunkOut[i] = vector(kTrunkOut + row);
    sums.repeated[i] = repeatedRow_ < 0 || row == repeatedRow_;
  }
  return sums;
}

void FiringSums::replace(int row, const std::uint8_t* codes, int channels, std::ptrdiff_t pixels, std::int32_t zero,
                         int offset) const {
  std::int32_t* sums = vector(kStored + row);
  for (std::ptrdiff_t x = 0; x < pixels; ++x, codes += channels) {
    for (int c = 0; c < channels; ++c) {
      const std::int32_t code = offset == 0 ? static_cast<std::int8_t>(codes[c]) : static_cast<std::int32_t>(codes[c]);
      sums[c] = sumOf(sums[c], zero - code);
    }
  }
}

}  // namespace perifocal
