#include "integrity/column_totals.h"

#include <algorithm>
#include <array>

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

}  // namespace

bool ColumnTotals::gather(const WatchedFiring& firing, int first, int step, std::int32_t* x) const {
  const ConvJob& job = firing.jobs[first];
  const int jobs = static_cast<int>(firing.jobs.size());
  std::int32_t* at = x;
  for (int t = 0; t < job.tapCount; at += channelsOf(job, t++)) {
    if (job.taps[t].dx != summedShift(job, job.taps[t])) continue;
    std::fill_n(at, channelsOf(job, t), 0);
    for (int j = first; j < jobs; j += step) {
      if (!addRows(firing, j, t, at)) return false;
    }
  }
  at = x;
  for (int t = 0; t < job.tapCount; at += channelsOf(job, t++)) {
    const int dx = summedShift(job, job.taps[t]);
    if (job.taps[t].dx == dx) continue;
    std::copy_n(totalsAt(job, job.taps[t], dx, x), channelsOf(job, t), at);
    for (int j = first; j < jobs; j += step) shift(firing, j, t, at);
  }
  return true;
}

ColumnTotals::Row ColumnTotals::rowOf(const WatchedFiring& firing, int job, int tap, int line) const {
  const ConvTap& at = firing.jobs[job].taps[tap];
  const ConvSource& source = firing.jobs[job].sources[at.source];
  const StageInput& input = firing.stage.inputs[at.source];
  // Jobs of a transposed convolution have one row each, two jobs a row.
  const int firstRow = firing.stage.kind == StageKind::kTranspose ? firing.rowBegin + job / 2 : firing.rowBegin;
  const int offset = line * source.rowStep + at.dy, row = input.map.first(firstRow) + offset;
  const bool outside = row < 0 || row >= model_.graph().rowsOf(input.tensor, passHeight_);
  return {input.tensor, row, outside ? nullptr : source.rows[offset], source, firing.columns};
}

/// All columns that a tap sees, where no other tap sees nearly the same.
bool ColumnTotals::addRows(const WatchedFiring& firing, int job, int tap, std::int32_t* x) const {
  for (int i = 0; i < firing.jobs[job].rowCount; ++i) {
    const Row row = rowOf(firing, job, tap, i);
    const int channels = row.source.channels;
    if (row.pixels == nullptr) {
      const std::int32_t border = productOf(row.columns, zeroOf(row.tensor));
      for (int c = 0; c < channels; ++c) x[c] = sumOf(x[c], border);
    } else if (row.source.pixelStep == 1) {
      const std::int32_t* total = rows_.of(row.tensor, row.row);
      for (int c = 0; c < channels; ++c) x[c] = sumOf(x[c], total[c]);
    } else if (!addHalf(row, firing.jobs[job].taps[tap].dx, x)) {
      return false;
    }
  }
  return true;
}

/// Every second column: the row is summed anew, and must be the one that was written.
bool ColumnTotals::addHalf(const Row& row, int dx, std::int32_t* x) const {
  const int channels = row.source.channels;
  std::array<Totals, 2> halves;
  for (int half = 0; half < 2; ++half) {
    std::fill_n(halves[half].begin(), channels, 0);
    addCounted({row.pixels + half * channels, channels, 2 * channels, row.columns}, halves[half].data());
  }
  const std::int32_t* total = rows_.of(row.tensor, row.row);
  bool same = true;
  for (int c = 0; c < channels; ++c) {
    same &= total[c] == sumOf(halves[0][c], halves[1][c]);
    x[c] = sumOf(x[c], halves[dx][c]);
  }
  return same;
}

/// All columns, one to the left or to the right: a column leaves, and the pad comes in.
void ColumnTotals::shift(const WatchedFiring& firing, int job, int tap, std::int32_t* x) const {
  for (int i = 0; i < firing.jobs[job].rowCount; ++i) {
    const Row row = rowOf(firing, job, tap, i);
    if (row.pixels == nullptr) continue;
    const int channels = row.source.channels, last = row.source.pixelStep * row.columns - 1;
    const bool left = firing.jobs[job].taps[tap].dx < 0;
    const std::uint8_t* leaves = row.pixels + (left ? static_cast<std::ptrdiff_t>(last) * channels : 0);
    const std::int32_t pad = zeroOf(row.tensor);
    const std::uint8_t flipped = flip();
    for (int c = 0; c < channels; ++c) x[c] = sumOf(x[c], pad - (leaves[c] ^ flipped));
  }
}

bool ColumnTotals::addPartials(const StoredRow& row, const std::int32_t* values, int times, std::int32_t* total) const {
  Totals sums;
  std::fill_n(sums.begin(), row.channels, 0);
  kernels_.addSums({values, row.channels, row.channels, row.pixels}, sums.data());
  for (int c = 0; c < row.channels; ++c) total[c] = sumOf(total[c], productOf(times, sums[c]));
  return std::equal(sums.begin(), sums.begin() + row.channels, rows_.of(row.tensor, row.row));
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
