#include "deconvolution/defects.h"

#include "deconvolution/clipped.h"
#include "deconvolution/defect_frame.h"
#include "deconvolution/departures.h"
#include "deconvolution/stuck.h"
#include "deconvolution/suspects.h"

namespace perifocal {
namespace {

/// What a pass over a frame tells: most frames have nothing more to be looked at.
struct Look {
  RowEnds ends;
  RunValues runs;
  Suspects suspects;

  Look(const DefectFrame& frame, float noise) : ends(frame), runs(frame), suspects(frame, noise) {}

  void take(const DefectFrame& frame, Team& team) {
    forEachStrip(frame, team, [&](const FrameStrip& strip, int index) {
      ends.take(strip, frame.width());
      runs.take(strip, index);
      suspects.gather(strip, index);
    });
  }

  /// Once more, without what has been left out.
  void takeSuspects(const DefectFrame& frame, Team& team) {
    suspects.reset();
    forEachStrip(frame, team, [&](const FrameStrip& strip, int index) { suspects.gather(strip, index); });
  }
};

}  // namespace

FoundDefects findDefects(const DefectRequest& request, Team& team) {
  FoundDefects found;
  const DefectFrame frame(request);
  const float noise = typicalDeparture(frame);
  Look look(frame, noise);
  look.take(frame, team);
  if (team.cancelled()) return found;
  leaveOutClipped(frame, look.ends, noise, found);
  leaveOutStuck(frame, look.runs, noise, found);
  if (found.all.clipped + found.all.stuck > 0) look.takeSuspects(frame, team);
  if (!team.cancelled()) found.tooMany = !look.suspects.leaveOut(found, team);
  if (found.all.clipped > 0 && !team.cancelled()) fillClipped(frame);
  if (found.all.hot + found.all.dead + found.all.stuck > 0) frame.finish();
  return found;
}

std::size_t defectScratchBytes(int width, int height, int threads) {
  constexpr std::size_t kSmall = 65536;
  const std::size_t rows =
      FrameStrip::bytes(width) + DepartureStrip::bytes(width) + static_cast<std::size_t>(width) * 4 * sizeof(float);
  return Suspects::bytes(width, height) + stuckScratchBytes(width, height) + RowEnds::bytes(height) +
         (threads + 1) * rows + kSmall;
}

}  // namespace perifocal
