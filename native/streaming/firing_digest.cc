#include "streaming/firing_digest.h"

namespace perifocal {
void addTaps(std::span<const ConvTap> taps, WordDigest& digest) {
  for (const ConvTap& tap : taps) digest.addValues(tap.source, tap.dy, tap.dx);
}

void addSource(const ConvSource& source, WordDigest& digest) {
  digest.addValues(source.rows, source.channels, source.pixelStep, source.rowStep, source.firstColumn,
                   source.lastColumn, source.rowCount);
}

void addJob(const ConvJob& job, WordDigest& digest) {
  digest.addValues(job.sources, job.taps, job.addends, job.weights, job.bias, job.multiplier, job.channels,
                   job.rowCount, job.tapCount, job.addendCount);
  digest.addValues(job.outStep, job.outOffset, job.outChannels, job.epilogue, job.low, job.high, job.storedZero,
                   job.copyMultiplier);
  digest.addValues(job.trunkIn, job.trunkOut, job.codesOut, job.partialOut);
}

void addJob(const MultiplyJob& job, WordDigest& digest) {
  digest.addValues(job.a, job.b, job.out, job.rowCount, job.channels);
  digest.addValues(job.storedZeroA, job.storedZeroB, job.storedZeroOut, job.multiplier, job.low, job.high);
}

}  // namespace perifocal
