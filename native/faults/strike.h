// One flipped bit: where, when, and which. Never part of a package.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/kernels.h"
#include "network/model.h"
#include "streaming/pipeline.h"

namespace perifocal::faults {

/// Where a bit flips.
enum class Site {
  // Memory, struck before or after a call of a kernel, at what that call reads or writes.
  kWeights,      ///< packed weights
  kTransformed,  ///< U: weights in the Winograd domain
  kMultipliers,  ///< biases and multipliers of epilogues, and the numbers of a layer
  kCheckTables,  ///< what the loader made to check by
  kRows,         ///< rows of codes, pads included
  kTrunks,
  kPartials,
  kRowSums,  ///< sums of rows that are alive
  // Registers, struck at any moment within a kernel.
  kProducts,     ///< sums of products, after any multiply-add
  kAccumulator,  ///< sums on their way to the epilogue
  kInputs,       ///< V: inputs in the Winograd domain
  kM,            ///< M: Winograd's sums of products
  kSums,         ///< what a thread adds up to check by
  kEpilogue,     ///< scaled and rounded values
  // Control state, struck before a call of a kernel.
  kJob,       ///< the numbers of a job: counts, steps, taps, pointers to tables
  kRowTable,  ///< pointers to rows of a job
  kRing,      ///< which rows lie where, and the free slots
  kSchedule,  ///< rows that exist, were emitted, are alive
};
inline constexpr int kSites = 18;

enum class Kind { kMemory, kRegister, kControl };

const char* nameOf(Site site);
Kind kindOf(Site site);

/// Of a register whose bit is wrong in every value, as a damaged unit makes it.
inline constexpr std::int64_t kEveryMoment = -2;

/// A blow: at call or register value `moment` of a pass.
struct Strike {
  Site site = Site::kWeights;
  std::int64_t moment = -1;
  std::uint64_t seed = 0;  ///< which bit of what
};

/// What is struck.
struct Victim {
  Model* model = nullptr;
  Pipeline* pipeline = nullptr;
};

/// What a call of a kernel works on; one of them is null.
struct Call {
  const ConvJob* convolution;
  const MultiplyJob* product;
  bool done;  ///< the kernel has run
};

/// Flips the bit of `strike`, whose moment has come; false where the call has none of that.
bool deal(const Strike& strike, const Victim& victim, const Call& call);

/// Makes these strikes happen in the passes to come, and counts moments from 0.
void arm(const Victim& victim, std::span<const Strike> strikes);

/// Moments that have passed since `arm`: calls of kernels, or values in registers of a site.
std::int64_t passedCalls();
std::int64_t passedValues(Site site);

/// Bits that have flipped since `arm`.
int dealtStrikes();

/// `kernels` with strikes at memory and control state.
const Kernels& struckKernels(const Kernels& kernels);

/// Templates on plain-array registers which can be struck, too: as AVX512-VNNI's and as NEON's.
std::vector<const Kernels*> strikingKernels();

/// Those on real registers where this CPU has them, else the same.
std::vector<const Kernels*> fastStrikingKernels();

}  // namespace perifocal::faults
