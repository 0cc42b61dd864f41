// How many bytes one pass needs, found by running its schedule without data.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "integrity/findings.h"
#include "network/graph.h"

namespace perifocal {

/// One streaming pass: an image, a column panel of it, or its transpose. Both sides are multiples of 4.
struct PassShape {
  int width;
  int height;
  bool transposed;  ///< pass rows are image columns: kernels are applied transposed
  int threads;
  int stripRows;             ///< most rows per push or drain
  bool keepWeights = false;  ///< Winograd's transformed weights stay in memory, else they are made anew when needed
  Integrity integrity = Integrity::kOff;
};

/// Image rows whose work a push may leave for the next one, so that the threads do not run out of work at its end.
constexpr int lagRows(const PassShape& pass) { return pass.threads > 1 ? 32 : 0; }

/// Image rows that a push takes before it does what they allow.
inline constexpr int kTurnRows = 16;

/// Rows that one push or drain may emit beyond `stripRows`.
inline constexpr int kEmissionSlack = 32;

/// Where a tensor's rows lie inside a slot and which class of slots they use.
struct RowLayout {
  std::size_t leftPad;   ///< bytes before pixel 0
  std::size_t rowBytes;  ///< whole slot, pads and over-read slack included
  int slotClass;
  int ringRows;  ///< most rows alive at once
};

struct SlotClass {
  std::size_t bytes;
  int slots;
  int slack;  ///< of these, for firings that are ahead of what one thread would do
};

struct PlannedBuffer {
  std::string name;
  std::size_t rowBytes;
  int rows;
};

struct MemoryPlan {
  std::vector<RowLayout> rows;     ///< per tensor
  std::vector<SlotClass> classes;  ///< row slots shared by all tensors of one size
  std::size_t borderBytes;         ///< one row of zero points, standing in for rows outside the image; per thread
  std::size_t scratchBytes;        ///< per thread
  std::size_t transformedBytes;    ///< Winograd's weights: of all layers where they are kept, else of the largest,
                                   ///< per thread
  std::size_t guardBytes;          ///< sums by which firings are checked, and `orders`
  std::size_t missingRowBytes;     ///< one row of blocks of 4x4 pixels that may be missing
  int missingRows;                 ///< such rows that are kept
  std::size_t stagingBytes;        ///< one strip of input
  std::size_t arenaBytes;
  int listed;                          ///< firings that are listed at once, at most
  int delayRows;                       ///< input rows read beyond the newest row emitted
  std::vector<PlannedBuffer> buffers;  ///< sums to arenaBytes
  /// What `Schedule::order` is when nothing is left to do, after every block of input rows. Empty without integrity.
  std::vector<std::uint64_t> orders;

  /// Of each tensor, the most rows alive at once.
  std::vector<int> ringRows() const;
};

MemoryPlan planMemory(const Graph& graph, const PassShape& pass, const KernelLayout& layout);

}  // namespace perifocal
