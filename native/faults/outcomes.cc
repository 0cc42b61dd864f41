#include "faults/outcomes.h"

#include <cmath>
#include <cstdio>
#include <numeric>

namespace perifocal::faults {

std::int64_t Outcomes::runs() const { return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0}); }

double Outcomes::silentAtMost() const {
  constexpr double z = 1.96;
  const auto n = static_cast<double>(runs());
  if (n == 0) return 1;
  const double p = static_cast<double>(of(Outcome::kSilent)) / n, middle = p + z * z / (2 * n);
  return (middle + z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n);
}

std::string Outcomes::head() {
  return "| target | runs | masked | firing again | pass again | error | crash | silent | silent, at most |\n"
         "|---|---|---|---|---|---|---|---|---|";
}

std::string Outcomes::row(const std::string& name) const {
  std::string text = "| " + name + " | " + std::to_string(runs());
  for (std::int64_t count : counts_) text += " | " + std::to_string(count);
  char share[32];
  std::snprintf(share, sizeof share, " | %.2g %% |", 100 * silentAtMost());
  return text + share;
}

}  // namespace perifocal::faults
