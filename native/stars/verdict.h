// Which of the poses that a search comes upon is the right one, if any is.
#pragma once

#include <cstdint>

#include "stars/pair_frame.h"
#include "stars/verify.h"

namespace perifocal {

/// Judges poses, and remembers the best of those that were not good enough.
class Verdict {
 public:
  enum class Answer { kOpen, kSolved, kAmbiguous };

  Verdict(const SkyIndex& index, double falsePositive, double lowScale, double highScale)
      : index_(index), falsePositive_(falsePositive), lowScale_(lowScale), highScale_(highScale) {}

  /// A pose that two stars of a frame suggest, with what all its other stars say of it.
  /// @param hypotheses tried so far
  void examine(const SeenField& field, const Room& room, int i, int j, const SeenBasis& seen, const KnownBasis& known,
               std::int64_t hypotheses);

  Answer answer() const { return answer_; }
  /// The pose of the answer.
  Solution& solution() { return solution_; }
  /// Natural logarithm, of the answer.
  double logFalseAlarm() const { return logFalseAlarm_; }
  /// Whether two different poses that were not good enough are about as good.
  bool hasAlike() const { return hasAlike_; }

 private:
  bool isSupported(const SeenField& field, const Room& room, int i, int j, const SeenBasis& seen,
                   const KnownBasis& known);
  void verify(const SeenField& field, const SeenBasis& seen, const KnownBasis& known, std::int64_t hypotheses);
  void keep(const Pose& pose, double logFalseAlarm);

  const SkyIndex& index_;
  const double falsePositive_, lowScale_, highScale_;
  Answer answer_ = Answer::kOpen;
  Solution solution_;
  double logFalseAlarm_ = 0;
  bool hasBest_ = false, hasAlike_ = false;
  double best_ = 0;  ///< natural logarithm of a false alarm
  Pose bestPose_;
  std::vector<StarMatch> matches_;
};

}  // namespace perifocal
