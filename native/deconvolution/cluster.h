// Pixels side by side that may all be defects.
#pragma once

namespace perifocal {

/// Pixels whose samples may all be wrong: what each is, is predicted from what is around all of them. The first has
/// the least y, and is one alone in the first cluster of a prediction.
struct Cluster {
  static constexpr int kMost = 9;
  /// How far members lie from the first: from -kLeft to kReach in a row, to kReach downwards.
  static constexpr int kLeft = 2, kReach = 3;

  int count;
  int x[kMost], y[kMost];
  /// Makes of the departures of members from what all those around predict what they depart by without each other.
  float inverse[kMost][kMost];
  /// Most that a blurred scene departs by, over the spread of the samples within 2 pixels of any member.
  float spreadShare;
  /// The same of all members together where nothing else around departs much: the root of their mean square.
  float aloneShare;
};

}  // namespace perifocal
