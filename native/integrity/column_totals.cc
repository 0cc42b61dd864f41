#include "integrity/column_totals.h"

#include <algorithm>
#include <array>

#include "integrity/modular.h"

namespace perifocal {
namespace {

constexpr int kMostChannels = 4 * kMaxBaseWidth;

/// Sums of a row's pixels by channel, every second column apart.
struct Halves {
  std::array<std::int32_t, kMostChannels> even{}, odd{};
};

}  // namespace

bool ColumnTotals::add(const WatchedFiring& firing, int j, int tap, std::int32_t* x) const {
  const ConvJob& job = firing.jobs[j];
  const ConvTap& at = job.taps[tap];
  const ConvSource& source = job.sources[at.source];
  const StageInput& input = firing.stage.inputs[at.source];
  // Jobs of a transposed convolution have one row each, two jobs a row.
  const int firstRow = firing.stage.kind == StageKind::kTranspose ? firing.rowBegin + j / 2 : firing.rowBegin;
  for (int i = 0; i < job.rowCount; ++i) {
    const int line = i * source.rowStep + at.dy, row = input.map.first(firstRow) + line;
    if (row < 0 || row >= model_.graph().rowsOf(input.tensor, passHeight_)) {
      const std::int32_t border = productOf(firing.columns, zeroOf(input.tensor));
      for (int c = 0; c < source.channels; ++c) x[c] = sumOf(x[c], border);
      continue;
    }
    const Row read{input.tensor, row, source.rows[line], source, firing.columns};
    if (source.pixelStep == 1) {
      addShifted(read, at.dx, x);
    } else if (!addStrided(read, at.dx, x)) {
      return false;
    }
  }
  return true;
}

void ColumnTotals::addPixel(const Row& row, std::ptrdiff_t column, std::int32_t sign, std::int32_t* x) const {
  const std::uint8_t* pixel = row.pixels + column * row.source.channels;
  for (int c = 0; c < row.source.channels; ++c) x[c] = sumOf(x[c], sign * counted(pixel[c]));
}

/// All columns, one to the left or to the right: a column leaves, and the pad comes in.
void ColumnTotals::addShifted(const Row& row, int dx, std::int32_t* x) const {
  const std::int32_t* total = rows_.of(row.tensor, row.row);
  const std::int32_t pad = dx == 0 ? 0 : zeroOf(row.tensor);
  for (int c = 0; c < row.source.channels; ++c) x[c] = sumOf(x[c], sumOf(total[c], pad));
  if (dx < 0) addPixel(row, row.columns - 1, -1, x);
  if (dx > 0) addPixel(row, 0, -1, x);
}

/// Every second column: the row is summed anew, and must be the one that was written.
bool ColumnTotals::addStrided(const Row& row, int dx, std::int32_t* x) const {
  const int channels = row.source.channels;
  const std::int32_t* total = rows_.of(row.tensor, row.row);
  Halves halves;
  for (std::ptrdiff_t column = 0; column < row.columns; ++column) {
    const std::uint8_t* pixels = row.pixels + column * 2 * channels;
    for (int c = 0; c < channels; ++c) {
      halves.even[c] += counted(pixels[c]);
      halves.odd[c] += counted(pixels[channels + c]);
    }
  }
  const auto& seen = dx == 0 ? halves.even : halves.odd;
  const std::int32_t pad = dx < 0 ? zeroOf(row.tensor) : 0;
  bool same = true;
  for (int c = 0; c < channels; ++c) {
    same &= total[c] == sumOf(halves.even[c], halves.odd[c]);
    x[c] = sumOf(x[c], seen[c] + pad);
  }
  if (dx < 0) addPixel(row, 2 * static_cast<std::ptrdiff_t>(row.columns) - 1, -1, x);
  return same;
}

bool ColumnTotals::addPartials(const StoredRow& row, const std::int32_t* values, int times, std::int32_t* total) const {
  std::array<std::int32_t, kMostChannels> sums{};
  for (std::ptrdiff_t x = 0; x < row.pixels; ++x, values += row.channels) {
    for (int c = 0; c < row.channels; ++c) sums[c] = sumOf(sums[c], values[c]);
  }
  for (int c = 0; c < row.channels; ++c) total[c] = sumOf(total[c], productOf(times, sums[c]));
  return std::equal(sums.begin(), sums.begin() + row.channels, rows_.of(row.tensor, row.row));
}

void ColumnTotals::count(const std::uint8_t* codes, int channels, std::ptrdiff_t pixels, std::int32_t* total) const {
  std::fill_n(total, channels, 0);
  for (std::ptrdiff_t x = 0; x < pixels; ++x, codes += channels) {
    for (int c = 0; c < channels; ++c) total[c] += counted(codes[c]);
  }
}

bool ColumnTotals::holds(const StoredRow& row, const std::uint8_t* codes) const {
  std::array<std::int32_t, kMostChannels> sums;
  count(codes, row.channels, row.pixels, sums.data());
  return std::equal(sums.begin(), sums.begin() + row.channels, rows_.of(row.tensor, row.row));
}

}  // namespace perifocal
