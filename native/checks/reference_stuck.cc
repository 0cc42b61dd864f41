#include "checks/reference_stuck.h"

#include <algorithm>
#include <cmath>

namespace perifocal::checks {
namespace {

constexpr int kRun = 32;
constexpr double kUnclear = 0.02;  ///< part of a limit

/// A frame, or its transpose.
class Reference {
 public:
  Reference(const DefectProblem& problem, bool columns, double ratio, ReferenceStuck& found)
      : p_(problem), columns_(columns), ratio_(ratio), noise_(noiseOf()), found_(found) {}

  /// How many of them are stuck somewhere.
  int find() {
    std::vector<bool> isStuck(breadth());
    for (int from = 0; from < length(); from += kRun) {
      const int to = std::min(from + kRun, length());
      if (to - from < kRun / 2) continue;
      for (int first = 0, end; first < breadth(); first = end) {
        end = first + 1;
        if (!isOneValue(from, to, first)) continue;
        while (end < breadth() && isOneValue(from, to, end) && at(from, end) == at(from, first)) ++end;
        if (first < 3 || end + 3 > breadth() || end - first > 64) continue;
        if (!isCliff(from, to, first, -1) || !isCliff(from, to, end - 1, 1)) continue;
        for (int across = first; across < end; ++across) isStuck[across] = true, mark(from, across);
      }
    }
    return static_cast<int>(std::count(isStuck.begin(), isStuck.end(), true));
  }

 private:
  int length() const { return columns_ ? p_.height : p_.width; }
  int breadth() const { return columns_ ? p_.width : p_.height; }
  double at(int along, int across) const { return columns_ ? p_.at(across, along) : p_.at(along, across); }

  double noiseOf() const {
    std::vector<double> departures;
    for (int y = 0; y < p_.height; ++y) {
      for (int x = 0; x < p_.width; ++x) {
        double departure = p_.at(x, y);
        for (int i = 0; i < 25; ++i) departure -= p_.weights[i] * p_.at(x + i % 5 - 2, y + i / 5 - 2);
        departures.push_back(std::fabs(departure));
      }
    }
    std::sort(departures.begin(), departures.end());
    return std::max(p_.step / std::sqrt(12.0), 1.4826 * departures[departures.size() / 2]);
  }

  bool isOneValue(int from, int to, int across) const {
    for (int along = from; along < to; ++along) {
      if (at(along, across) != at(from, across)) return false;
    }
    return true;
  }

  /// Whether the step to the next one on a side is one that no edge makes before those that follow.
  bool isCliff(int from, int to, int stuck, int side) {
    double cliff = 0, slope = 0;
    for (int along = from; along < to; ++along) {
      const double one = at(along, stuck + side), two = at(along, stuck + 2 * side),
                   three = at(along, stuck + 3 * side);
      cliff += std::fabs(one - at(along, stuck)) / (to - from);
      slope += std::max(std::fabs(two - one), std::fabs(three - two)) / (to - from);
    }
    const double limit = 7 * noise_ + 4 * p_.step + 1.5 * ratio_ * slope;
    if (std::fabs(cliff - limit) < kUnclear * limit) found_.isClear = false;
    return cliff > limit;
  }

  /// The run, and what goes on with its value.
  void mark(int from, int across) {
    int first = from, end = from;
    while (first > 0 && at(first - 1, across) == at(from, across)) --first;
    while (end < length() && at(end, across) == at(from, across)) ++end;
    for (int along = first; along < end; ++along) {
      found_.isStuck[columns_ ? along * p_.width + across : across * p_.width + along] = 1;
    }
  }

  const DefectProblem& p_;
  const bool columns_;
  const double ratio_, noise_;
  ReferenceStuck& found_;
};

}  // namespace

ReferenceStuck referenceStuck(const DefectProblem& problem, StepRatios ratios) {
  ReferenceStuck found;
  found.isStuck.resize(problem.samples.size());
  found.columns = Reference(problem, true, ratios.ofColumns, found).find();
  found.lines = Reference(problem, false, ratios.ofLines, found).find();
  return found;
}

}  // namespace perifocal::checks
