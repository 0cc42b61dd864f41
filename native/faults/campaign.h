// Many passes with flipped bits, against the digest of the pass without.
#pragma once

#include <functional>
#include <optional>
#include <span>

#include "faults/outcomes.h"
#include "faults/subject.h"

namespace perifocal::faults {

class Campaign {
 public:
  Campaign(const Setting& setting, const Kernels& kernels);

  /// Whether the model could be loaded and the pass without a fault raises no alarm.
  bool ready() const { return ready_; }

  /// Passes with `flips` random strikes each at `site`: two of them within one call of a kernel. None where the
  /// network has no such site. Strikes at control state have a process each, which they may end.
  Outcomes strike(Site site, int runs, int flips = 1);

  /// Passes with every bit, or every `stride`-th, of the packed weights flipped before; of a network that keeps nothing
  /// made of them.
  Outcomes strikeEveryWeight(int stride = 1);

  /// Whether a pass without a fault is still what it was: strikes leave nothing behind.
  bool isWhole();

  const Subject& subject() const { return subject_; }

 private:
  /// Nothing where no bit has flipped.
  std::optional<Outcome> runApart(const std::function<void()>& prepare);
  std::optional<Outcome> runMended(std::span<const Strike> strikes);
  Outcome runHere();

  Subject subject_;
  bool ready_ = false;
  bool loadsAnew_ = true;  ///< after a failure, rather than to take it for granted
  std::uint64_t golden_ = 0;
  std::int64_t calls_ = 0;
  std::array<std::int64_t, kSites> values_{};
};

}  // namespace perifocal::faults
