// What kernels are told, as numbers: a firing is prepared twice, and both must be the same (docs/integrity.md).
#pragma once

#include <span>

#include "kernels/kernels.h"
#include "runtime/word_digest.h"

namespace perifocal {

/// All numbers and pointers of a job, but not what these point to.
void addJob(const ConvJob& job, WordDigest& digest);
void addJob(const MultiplyJob& job, WordDigest& digest);
void addSource(const ConvSource& source, WordDigest& digest);
void addTaps(std::span<const ConvTap> taps, WordDigest& digest);

}  // namespace perifocal
