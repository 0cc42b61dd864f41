// Single pixels that are too bright or too dark for what is around them.
#pragma once

#include <atomic>
#include <vector>

#include "deconvolution/departures.h"

namespace perifocal {

class Singles {
 public:
  /// @param noise of departures
  Singles(const DefectFrame& frame, float noise);

  /// Gathers from a strip what may be defects, once for each; from several ones at once if need be.
  void gather(const FrameStrip& strip, int index);
  /// Forgets what was gathered: samples have changed.
  void reset();

  /// Leaves the defects out among all that was gathered, and replaces and counts them. False where there are so many
  /// that the PSF must be wrong.
  bool leaveOut(DefectCounts& counts, const Team& team);

  static std::size_t bytes(int width, int height);

 private:
  struct Suspect {
    std::uint32_t pixel;
    float departure;
  };

  void gatherChunk(const FrameStrip& strip, int row, int x, const float* departures, std::vector<Suspect>& suspects);
  static bool isNearer(const Suspect& a, const Suspect& b);
  bool judge(const Suspect& suspect, DefectCounts& counts);
  void open(const Suspect& suspect);
  void openAround(int x, int y);
  bool isImpossible(int x, int y, float departure, float sample);

  const DefectFrame& frame_;
  DepartureNoise noise_;
  const std::size_t most_;
  std::atomic<std::size_t> gathered_{0};
  std::vector<std::vector<Suspect>> suspects_;  ///< of every strip
  std::vector<Suspect> open_;                   ///< a heap of what is to be judged
};

}  // namespace perifocal
