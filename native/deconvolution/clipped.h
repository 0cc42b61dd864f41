// Samples at the ends of their range that lie together: what they stand for is beyond.
#pragma once

#include <vector>

#include "deconvolution/defect_frame.h"
#include "deconvolution/frame_strip.h"

namespace perifocal {

/// The least and the largest sample of every row, whether they count or not.
class RowEnds {
 public:
  explicit RowEnds(const DefectFrame& frame) : ends_(frame.height()) {}

  /// To be told of every strip, once; of several ones at once if need be.
  void take(const FrameStrip& strip, int width);

  float least(int y) const { return ends_[y].least; }
  float most(int y) const { return ends_[y].most; }

  static std::size_t bytes(int height) { return static_cast<std::size_t>(height) * sizeof(Ends); }

 private:
  struct Ends {
    float least, most;
  };
  std::vector<Ends> ends_;
};

/// Leaves clipped samples out, and counts them. @param noise of departures
void leaveOutClipped(const DefectFrame& frame, const RowEnds& ends, float noise, FoundDefects& found);

/// Tells glints, no larger than the image of a point of light and steep, from white areas. Samples of these are the
/// least that their light may be; what is next to a glint is left out, too. @param high where samples are clipped
void tellGlints(const DefectFrame& frame, float high);

/// Makes clipped samples, and those next to them, continue what counts around them: a first guess for methods that
/// predict them, which light far above the white of a frame would mislead.
void fillClipped(const DefectFrame& frame);

}  // namespace perifocal
