// When a search ends without a solution.
#pragma once

#include <chrono>
#include <cstdint>

#include "runtime/team.h"

namespace perifocal {

/// Counts the pairs of known stars that were tried.
class SearchLimits {
 public:
  enum class Reached { kNone, kCancelled, kHypotheses, kTime };

  SearchLimits(std::int64_t mostHypotheses, double seconds, const Team& team)
      : most_(mostHypotheses), seconds_(seconds), team_(team), begin_(std::chrono::steady_clock::now()) {}

  std::int64_t hypotheses() const { return hypotheses_; }
  Reached reached() const { return reached_; }

  /// One more; false where the search shall end. The clock and the call are looked at now and then.
  bool count() { return (++hypotheses_ & 1023) != 0 || look(); }

  bool look() {
    if (team_.cancelled()) {
      reached_ = Reached::kCancelled;
    } else if (hypotheses_ >= most_) {
      reached_ = Reached::kHypotheses;
    } else if (std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count() >= seconds_) {
      reached_ = Reached::kTime;
    }
    return reached_ == Reached::kNone;
  }

 private:
  const std::int64_t most_;
  const double seconds_;
  const Team& team_;
  const std::chrono::steady_clock::time_point begin_;
  std::int64_t hypotheses_ = 0;
  Reached reached_ = Reached::kNone;
};

}  // namespace perifocal
