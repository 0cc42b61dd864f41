#include "integrity/column_totals.h"

#include <algorithm>

#include "integrity/modular.h"

namespace perifocal {
namespace {

constexpr int kMostChannels = 4 * kMaxBaseWidth;

using Totals = std::array<std::int32_t, kMostChannels>;

int channelsOf(const ConvJob& job, int tap) { return job.sources[job.taps[tap].source].channels; }

/// Where a tap sees what another one has summed, one pixel further: dx of that one; else its own. A row of which every
/// second pixel is read has two halves.
int summedShift(const ConvJob& job, const ConvTap& tap) {
  if (job.sources[tap.source].pixelStep == 1) return 0;
  return tap.dx == 0 ? 0 : 1;
}

/// The totals of the tap that sees `dx` where `tap` sees its own.
const std::int32_t* totalsAt(const ConvJob& job, const ConvTap& tap, int dx, const std::int32_t* x) {
  for (int t = 0; t < job.tapCount; x += channelsOf(job, t++)) {
    const ConvTap& other = job.taps[t];
    if (other.source == tap.source && other.dy == tap.dy && other.dx == dx) break;
  }
  return x;
}

void addAll(std::int32_t* to, const std::int32_t* from, int count) {
  for (int i = 0; i < count; ++i) to[i] = sumOf(to[i], from[i]);
}

}  // namespace

bool ColumnTotals::gather(const WatchedFiring& firing, int first, int step) {
  const ConvJob& job = firing.jobs[first];
  int entries = 0;
  for (int t = 0; t < job.tapCount; ++t) entries += channelsOf(job, t);
  std::fill_n(columns_, entries, 0);
  for (int j = first; j < static_cast<int>(firing.jobs.size()); j += step) {
    if (!addJob(firing, j)) return false;
  }
  std::int32_t* x = columns_;
  for (int t = 0; t < job.tapCount; x += channelsOf(job, t++)) {
    const int dx = summedShift(job, job.taps[t]);
    if (job.taps[t].dx != dx) addAll(x, totalsAt(job, job.taps[t], dx, columns_), channelsOf(job, t));
  }
  return true;
}

bool ColumnTotals::addJob(const WatchedFiring& firing, int index) {
  const ConvJob& job = firing.jobs[index];
  std::int32_t* x = columns_;
  for (int t = 0; t < job.tapCount;) {
    const int s = job.taps[t].source;
    const Lines lines = linesOf(firing, index, s);
    for (; t < job.tapCount && job.taps[t].source == s; x += channelsOf(job, t++)) {
      const ConvTap& tap = job.taps[t];
      for (int i = 0; i < job.rowCount; ++i) {
        const int line = i * lines.source.rowStep + tap.dy;
        if (tap.dx != summedShift(job, tap)) {
          addShift(lines, line, tap.dx, x);
        } else if (!addLine(lines, line, tap.dx, x)) {
          return false;
        }
      }
    }
  }
  return true;
}

ColumnTotals::Lines ColumnTotals::linesOf(const WatchedFiring& firing, int job, int source) const {
  const StageInput& input = firing.stage.inputs[source];
  // Jobs of a transposed convolution have one row each, two jobs a row.
  const int firstRow = firing.stage.kind == StageKind::kTranspose ? firing.rowBegin + job / 2 : firing.rowBegin;
  const int first = input.map.first(firstRow), height = model_.graph().rowsOf(input.tensor, passHeight_);
  Lines lines{firing.jobs[job].sources[source], firing.columns, zeroOf(input.tensor), {}};
  for (int line = 0; line < std::min(lines.source.rowCount, kMostLines); ++line) {
    const int row = first + line;
    lines.totals[line] = row < 0 || row >= height ? nullptr : rows_.of(input.tensor, row);
  }
  return lines;
}

/// All columns that a tap sees, where no other tap sees nearly the same.
bool ColumnTotals::addLine(const Lines& lines, int line, int dx, std::int32_t* x) const {
  const std::int32_t* totals = lines.totals[line];
  const int channels = lines.source.channels;
  if (totals == nullptr) {
    const std::int32_t border = productOf(lines.columns, lines.pad);
    for (int c = 0; c < channels; ++c) x[c] = sumOf(x[c], border);
  } else if (lines.source.pixelStep == 1) {
    addAll(x, totals, channels);
  } else {
    return addHalf(lines, line, dx, x);
  }
  return true;
}

/// Every second column: the row is summed anew, and must be the one that was written.
bool ColumnTotals::addHalf(const Lines& lines, int line, int dx, std::int32_t* x) const {
  const int channels = lines.source.channels;
  std::array<Totals, 2> halves;
  for (int half = 0; half < 2; ++half) {
    std::fill_n(halves[half].begin(), channels, 0);
    const std::uint8_t* pixels = lines.source.rows[line] + half * channels;
    addCounted({pixels, channels, 2 * channels, lines.columns}, halves[half].data());
  }
  bool same = true;
  for (int c = 0; c < channels; ++c) {
    same &= lines.totals[line][c] == sumOf(halves[0][c], halves[1][c]);
    x[c] = sumOf(x[c], halves[dx][c]);
  }
  return same;
}

/// What one to the left or to the right makes of all columns: a column leaves, and the pad comes in.
void ColumnTotals::addShift(const Lines& lines, int line, int dx, std::int32_t* x) const {
  if (lines.totals[line] == nullptr) return;
  const int channels = lines.source.channels, last = lines.source.pixelStep * lines.columns - 1;
  const std::uint8_t* leaves = lines.source.rows[line] + (dx < 0 ? static_cast<std::ptrdiff_t>(last) * channels : 0);
  const std::uint8_t flipped = flip();
  for (int c = 0; c < channels; ++c) x[c] = sumOf(x[c], lines.pad - (leaves[c] ^ flipped));
}

Mixed ColumnTotals::products(const CheckedPart& check) const {
  const auto words = static_cast<std::ptrdiff_t>(check.columnSumBytes / sizeof(std::uint32_t) / kMixes);
  Mixed total{};
  for (int m = 0; m < kMixes; ++m) {
    const std::uint32_t* sums = check.columnSums + m * words;
    for (std::ptrdiff_t i = 0; i < words; ++i) total[m] += sums[i] * static_cast<std::uint32_t>(columns_[i]);
  }
  return total;
}

bool ColumnTotals::addPartials(const StoredRow& row, const std::int32_t* values, int times, Mixed& total) const {
  Totals sums;
  std::fill_n(sums.begin(), row.channels, 0);
  kernels_.addSums({values, row.channels, row.channels, row.pixels}, sums.data());
  const Mixed found = mixed(sums.data(), row.channels);
  addMixed(total, found, times);
  return found == rows_.mixedOf(row.tensor, row.row);
}

void ColumnTotals::count(const std::uint8_t* codes, int channels, std::ptrdiff_t pixels, std::int32_t* total) const {
  std::fill_n(total, channels, 0);
  addCounted({codes, channels, channels, pixels}, total);
}

/// Kernels sum codes as they are stored.
void ColumnTotals::addCounted(const PixelRun<std::uint8_t>& run, std::int32_t* total) const {
  kernels_.addCodes(run, total);
  const auto above = static_cast<std::int32_t>((128 - kernels_.layout.storedOffset) * run.pixels);
  for (int c = 0; c < run.channels; ++c) total[c] = sumOf(total[c], above);
}

bool ColumnTotals::holds(const StoredRow& row, const std::uint8_t* codes) const {
  Totals sums;
  count(codes, row.channels, row.pixels, sums.data());
  return std::equal(sums.begin(), sums.begin() + row.channels, rows_.of(row.tensor, row.row));
}

}  // namespace perifocal
