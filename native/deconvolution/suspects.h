// Single pixels, and some side by side, that are too bright or too dark for what is around them.
#pragma once

#include <atomic>
#include <vector>

#include "deconvolution/hypotheses.h"

namespace perifocal {

class Suspects {
 public:
  /// @param noise of departures
  Suspects(const DefectFrame& frame, float noise);

  /// Gathers from a strip what may be defects, once for each; from several ones at once if need be.
  void gather(const FrameStrip& strip, int index);
  /// Forgets what was gathered: samples have changed.
  void reset();

  /// Leaves the defects out among all that was gathered, and replaces and counts them. False where there are so many
  /// that the PSF must be wrong.
  bool leaveOut(FoundDefects& found, const Team& team);

  static std::size_t bytes(int width, int height);

 private:
  struct Suspect {
    std::uint32_t pixel;
    float gain;
  };
  struct Chunk;

  void gatherSingles(const Chunk& chunk, float* gains);
  void gatherClusters(const Chunk& chunk, float* gains);
  void add(const Chunk& chunk, const float* gains, std::vector<Suspect>& suspects);
  static bool explainsLess(const Suspect& a, const Suspect& b);
  bool judge(const Suspect& suspect, FoundDefects& found);
  void replace(const Verdict& verdict, int x, int y, FoundDefects& found);
  void open(const Suspect& suspect);
  void openAround(const Cluster& cluster, int x, int y);

  const DefectFrame& frame_;
  Hypotheses hypotheses_;
  const std::size_t most_;
  std::atomic<std::size_t> gathered_{0};
  std::vector<std::vector<Suspect>> suspects_;  ///< of every strip
  std::vector<Suspect> open_;                   ///< a heap of what is to be judged
};

}  // namespace perifocal
