#include "deconvolution/defects.h"

#include "deconvolution/clipped.h"
#include "deconvolution/defect_frame.h"
#include "deconvolution/departures.h"
#include "deconvolution/singles.h"
#include "deconvolution/stuck.h"

namespace perifocal {
namespace {

/// What a pass over a frame tells: most frames have nothing more to be looked at.
struct Look {
  RowEnds ends;
  RunValues runs;
  Singles singles;

  Look(const DefectFrame& frame, float noise) : ends(frame), runs(frame), singles(frame, noise) {}

  void take(const DefectFrame& frame, Team& team) {
    forEachStrip(frame, team, [&](const FrameStrip& strip, int index) {
      ends.take(strip, frame.width());
      runs.take(strip, index);
      singles.gather(strip, index);
    });
  }

  /// Once more, without what has been left out.
  void takeSingles(const DefectFrame& frame, Team& team) {
    singles.reset();
    forEachStrip(frame, team, [&](const FrameStrip& strip, int index) { singles.gather(strip, index); });
  }
};

}  // namespace

DefectCounts findDefects(const DefectRequest& request, Team& team) {
  DefectCounts counts;
  const DefectFrame frame(request);
  const float noise = typicalDeparture(frame);
  Look look(frame, noise);
  look.take(frame, team);
  if (team.cancelled()) return counts;
  counts.clipped = leaveOutClipped(frame, look.ends, noise);
  leaveOutStuck(frame, look.runs, noise, counts);
  if (counts.clipped + counts.stuck > 0) look.takeSingles(frame, team);
  if (!team.cancelled()) counts.tooMany = !look.singles.leaveOut(counts, team);
  if (counts.clipped > 0 && !team.cancelled()) fillClipped(frame);
  if (counts.hot + counts.dead > 0) frame.finish();
  return counts;
}

std::size_t defectScratchBytes(int width, int height, int threads) {
  constexpr std::size_t kSmall = 65536;
  const std::size_t rows = FrameStrip::bytes(width) + static_cast<std::size_t>(width) * 4 * sizeof(float);
  return Singles::bytes(width, height) + stuckScratchBytes(width, height) + RowEnds::bytes(height) +
         (threads + 1) * rows + kSmall;
}

}  // namespace perifocal
