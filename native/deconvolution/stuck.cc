#include "deconvolution/stuck.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace perifocal {
namespace {

constexpr int kRun = RunValues::kRun;
constexpr int kMostAcross = 64;  ///< wider ones are parts of the picture, or no part of it at all
constexpr int kBeside = 3;       ///< pixels beside a run that are looked at
constexpr float kNoise = 7, kSteps = 4;
constexpr float kMargin = 1.5f;

/// A frame, or its transpose: `along` runs along columns, or along lines.
struct Turned {
  const DefectFrame& frame;
  bool columns;

  int length() const { return columns ? frame.height() : frame.width(); }
  int breadth() const { return columns ? frame.width() : frame.height(); }
  int runs() const { return (length() + kRun - 1) / kRun; }
  float at(int along, int across) const { return columns ? frame.at(across, along) : frame.at(along, across); }
  bool isValid(int along, int across) const {
    return columns ? frame.isValid(across, along) : frame.isValid(along, across);
  }
  bool isCounted(int along, int across) const { return frame.isCounted(columns ? along : across); }
  void set(int along, int across, DefectFrame::State state) const {
    columns ? frame.set(across, along, state) : frame.set(along, across, state);
  }
  void replace(int along, int across, float value) const {
    columns ? frame.replace(across, along, value) : frame.replace(along, across, value);
  }
};

class StuckRuns {
 public:
  StuckRuns(const DefectFrame& frame, const RunValues& values, bool columns, float noise, FoundDefects& found)
      : turned_{frame, columns},
        noise_(noise),
        values_(values),
        found_(found),
        isStuck_(turned_.breadth()),
        isCounted_(turned_.breadth()) {}

  void find() {
    for (int run = 0; run < turned_.runs(); ++run) {
      for (int first = 0; first < turned_.breadth();) {
        const float value = valueOf(run, first);
        int end = first + 1;
        while (end < turned_.breadth() && valueOf(run, end) == value) ++end;
        if (value == value && isImpossible(run, first, end)) leaveOut(run, first, end);
        first = end;
      }
    }
  }

  void count() const {
    for (int across = 0; across < turned_.breadth(); ++across) {
      const auto kind = turned_.columns ? &DefectCounts::columns : &DefectCounts::lines;
      if (isStuck_[across]) found_.add(kind, isCounted_[across]);
    }
  }

  /// By lines from one side to the other: the middle one of three beside each other, as one may end at a hot pixel.
  void replace() const {
    for (int across = 0; across < turned_.breadth(); ++across) {
      if (!isStuck_[across]) continue;
      for (int along = 0; along < turned_.length(); ++along) {
        if (!turned_.isValid(along, across)) replaceAt(along, across);
      }
    }
  }

 private:
  float valueOf(int run, int across) const {
    return turned_.columns ? values_.ofColumn(run, across) : values_.ofLine(run, across);
  }
  int endOf(int run) const { return std::min((run + 1) * kRun, turned_.length()); }

  bool isImpossible(int run, int first, int end) const {
    const int count = endOf(run) - run * kRun;
    if (count < kRun / 2 || end - first > kMostAcross) return false;
    if (first < kBeside || end + kBeside > turned_.breadth()) return false;
    return isCliff(run, first, first - 1, -1) && isCliff(run, first, end, 1);
  }

  /// Whether the value is farther from what lies beside it than the PSF lets an edge rise.
  bool isCliff(int run, int stuck, int beside, int direction) const {
    float cliff = 0, slope = 0;
    for (int along = run * kRun; along < endOf(run); ++along) {
      const float one = turned_.at(along, beside), two = turned_.at(along, beside + direction);
      const float three = turned_.at(along, beside + 2 * direction);
      cliff += std::fabs(one - turned_.at(along, stuck));
      slope += std::max(std::fabs(two - one), std::fabs(three - two));
    }
    const auto count = static_cast<float>(endOf(run) - run * kRun);
    const DefectRequest& request = turned_.frame.request();
    const Prediction& prediction = request.prediction;
    const float ratio = turned_.columns ? prediction.columnStepRatio : prediction.stepRatio;
    const float possible = kMargin * ratio * slope / count;
    return cliff / count > kNoise * noise_ + kSteps * request.step + possible;
  }

  /// The run, and what goes on with the same value. What lies beside a single one can be judged by what replaces it.
  void leaveOut(int run, int first, int end) {
    const float value = valueOf(run, first);
    const DefectFrame::State state = end - first == 1 ? DefectFrame::kReplaced : DefectFrame::kUnknown;
    for (int across = first; across < end; ++across) {
      isStuck_[across] = true;
      int from = run * kRun, to = endOf(run);
      while (from > 0 && turned_.at(from - 1, across) == value) --from;
      while (to < turned_.length() && turned_.at(to, across) == value) ++to;
      if (turned_.isCounted(from, across)) isCounted_[across] = true;
      for (int along = from; along < to; ++along) {
        if (turned_.isValid(along, across)) found_.add(&DefectCounts::stuck, turned_.isCounted(along, across));
        turned_.set(along, across, state);
      }
    }
  }

  void replaceAt(int along, int across) const {
    const float here = between(along, across);
    const float before = between(std::max(0, along - 1), across);
    const float after = between(std::min(turned_.length() - 1, along + 1), across);
    const float middle = std::max(std::min(before, after), std::min(std::max(before, after), here));
    if (middle == middle) turned_.replace(along, across, middle);
  }

  /// What a line from one side to the other has at a place; NaN where there is no side.
  float between(int along, int across) const {
    int before = across - 1, after = across + 1;
    while (before >= 0 && !turned_.isValid(along, before)) --before;
    while (after < turned_.breadth() && !turned_.isValid(along, after)) ++after;
    if (before < 0 && after == turned_.breadth()) return NAN;
    if (before < 0) return turned_.at(along, after);
    if (after == turned_.breadth()) return turned_.at(along, before);
    const float share = static_cast<float>(across - before) / static_cast<float>(after - before);
    return (1 - share) * turned_.at(along, before) + share * turned_.at(along, after);
  }

  Turned turned_;
  float noise_;
  const RunValues& values_;
  FoundDefects& found_;
  std::vector<bool> isStuck_, isCounted_;
};

}  // namespace

void leaveOutStuck(const DefectFrame& frame, const RunValues& values, float noise, FoundDefects& found) {
  StuckRuns columns(frame, values, true, noise, found), lines(frame, values, false, noise, found);
  columns.find();
  lines.find();
  columns.replace();
  lines.replace();
  columns.count();
  lines.count();
}

std::size_t stuckScratchBytes(int width, int height) {
  return RunValues::bytes(width, height) + 64 * (static_cast<std::size_t>(width) + height);
}

}  // namespace perifocal
