// What becomes of flipped bits, counted.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace perifocal::faults {

enum class Outcome {
  kMasked,      ///< the right bytes, and no alarm
  kRecomputed,  ///< corrected: the right bytes, after a firing was computed again
  kRestarted,   ///< corrected: the right bytes, after the model was read anew and the pass began again
  kError,       ///< detected: an error instead of a result
  kCrashed,     ///< the process ended, or did not end: no result
  kSilent,      ///< wrong bytes
};
inline constexpr int kOutcomes = 6;

class Outcomes {
 public:
  void add(Outcome outcome) { ++counts_[static_cast<int>(outcome)]; }
  void add(const Outcomes& more) {
    for (int i = 0; i < kOutcomes; ++i) counts_[i] += more.counts_[i];
  }
  std::int64_t of(Outcome outcome) const { return counts_[static_cast<int>(outcome)]; }
  std::int64_t runs() const;

  /// The upper end of Wilson's interval at 95 % for the share of silent runs.
  double silentAtMost() const;

  /// A row of a Markdown table, and the head of it.
  std::string row(const std::string& name) const;
  static std::string head();

 private:
  std::array<std::int64_t, kOutcomes> counts_{};
};

}  // namespace perifocal::faults
