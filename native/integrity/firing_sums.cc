#include "integrity/firing_sums.h"

#include <algorithm>

#include "integrity/modular.h"

namespace perifocal {

void FiringSums::attach(int threads, std::int32_t* memory) {
  threads_ = threads;
  memory_ = memory;
}

void FiringSums::begin(int channels, int rows, int repeatedRow) {
  channels_ = channels;
  rows_ = rows;
  repeatedRow_ = repeatedRow;
  std::fill_n(memory_, entries(threads_, channels_), 0);
}

ConvSums FiringSums::of(int thread, int pack, int firstRow) const {
  ConvSums sums{vector(thread, pack), vector(thread, kRange), vector(thread, kDifference), {}, {}, {}, {}};
  for (int i = 0; i + firstRow < rows_; ++i) {
    const int row = firstRow + i;
    sums.stored[i] = vector(thread, kStored + row);
    sums.trunkIn[i] = vector(thread, kTrunkIn + row);
    sums.trunkOut[i] = vector(thread, kTrunkOut + row);
    sums.repeated[i] = repeatedRow_ < 0 || row == repeatedRow_;
  }
  return sums;
}

void FiringSums::replace(int thread, int row, const std::uint8_t* codes, int channels, std::ptrdiff_t pixels,
                         std::int32_t zero, int offset) const {
  std::int32_t* sums = vector(thread, kStored + row);
  for (std::ptrdiff_t x = 0; x < pixels; ++x, codes += channels) {
    for (int c = 0; c < channels; ++c) {
      const std::int32_t code = offset == 0 ? static_cast<std::int8_t>(codes[c]) : static_cast<std::int32_t>(codes[c]);
      sums[c] = sumOf(sums[c], zero - code);
    }
  }
}

void FiringSums::fold() {
  for (int t = 1; t < threads_; ++t) {
    for (int v = 0; v < kVectors; ++v) {
      const bool bits = v == kRange || v == kDifference;
      std::int32_t* total = vector(0, v);
      const std::int32_t* more = vector(t, v);
      for (int c = 0; c < channels_; ++c) total[c] = bits ? total[c] | more[c] : sumOf(total[c], more[c]);
    }
  }
}

}  // namespace perifocal
