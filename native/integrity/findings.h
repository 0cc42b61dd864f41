// How much is checked, what may be found wrong, and how often it was so.
#pragma once

#include <array>
#include <cstdint>

namespace perifocal {

/// How much of a pass is checked.
enum class Integrity {
  kOff,
  kChecked,  ///< all sums, and the epilogue of one row of a firing in turn
  kFull,     ///< all sums and all epilogues
};

enum class Fault {
  kWeights,     ///< packed weights changed: their products add up to something else than the file's weights
  kTables,      ///< biases, multipliers, or what the checks compare with changed
  kArithmetic,  ///< sums of outputs are not what inputs and weights make: an error of computing, or a changed input
  kRows,        ///< a stored row is not the one that was written
  kEpilogue,    ///< a second evaluation of an epilogue, or of a product, gives something else
  kControl,     ///< work was done in another order than planned or told twice, or a row lies elsewhere than noted
  kCode,        ///< instructions or constants of this module have changed
};
inline constexpr int kFaults = 7;

/// The name that TypeScript knows a fault by.
constexpr const char* faultName(Fault fault) {
  constexpr const char* kNames[kFaults] = {"weights", "tables", "arithmetic", "rows", "epilogue", "control", "code"};
  return kNames[static_cast<int>(fault)];
}

/// Of a pipeline, since it was made.
struct IntegrityCounters {
  std::int64_t firings = 0;                   ///< that were checked
  std::array<std::int64_t, kFaults> found{};  ///< failed checks by kind
  std::int64_t recomputed = 0;                ///< firings that were computed again and then were right

  void count(Fault fault) { ++found[static_cast<int>(fault)]; }
  void add(const IntegrityCounters& more) {
    firings += more.firings;
    recomputed += more.recomputed;
    for (int f = 0; f < kFaults; ++f) found[f] += more.found[f];
  }
};

}  // namespace perifocal
