// The interface between the streaming stages and one instruction set: plain structs of pointers in, rows out.
// Every implementation of `Kernels` gives the same bytes (docs/model-format.md, "Arithmetic").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/limits.h"

namespace perifocal {

/// How one instruction set lays out Winograd's transformed operands (kernels/winograd.h).
struct WinogradLayout {
  int depth;          ///< input channels side by side in one register of transformed weights (2 for vpmaddwd)
  int tiles;          ///< tiles of 4x4 pixels per register tile
  int blockChannels;  ///< output channels per register tile; half of them where fewer are left
};

/// How one instruction set wants its operands laid out; read by the weight packer and the row planner.
struct KernelLayout {
  int lanes;                     ///< int32 values per register
  int groupPixels;               ///< output pixels that share one accumulator register (2 for SMMLA)
  int vectorChannels;            ///< output channels per accumulator register
  int depth;                     ///< input channels consumed by one multiply-accumulate
  int tilePixels;                ///< output pixels per register tile
  int tileVectors;               ///< accumulator registers per pixel group
  int storedOffset;              ///< stored byte = logical code + storedOffset: 128 (u8) or 0 (s8)
  int weightBytes;               ///< 1, or 2 where weights are widened for 16-bit multiplies
  bool pairSplit;                ///< weights of a depth-4 group as [channel pair][output channel][2] (plain NEON)
  WinogradLayout winograd = {};  ///< zero where direct convolution is always better

  constexpr bool hasWinograd() const { return winograd.tiles > 0; }
};

/// A tensor that a convolution reads. `rows[i]` points to pixel 0; columns -1 and W are readable padding. Rows that no
/// tap reads may be null.
struct ConvSource {
  const std::uint8_t* const* rows;
  int channels;                 ///< stored channels per pixel
  int pixelStep;                ///< input pixels per output pixel
  int rowStep;                  ///< input rows per output row
  int firstColumn, lastColumn;  ///< smallest and largest tap dx, which size the widened panel
  int rowCount;                 ///< entries of `rows` that the job touches
};

/// One kernel position: output (row i, column x) reads row `i * rowStep + dy`, pixel `x * pixelStep + dx`.
struct ConvTap {
  int source;
  int dy;
  int dx;
};

/// int32 partial sums at a coarser scale, replicated by nearest neighbour: column x reads `x >> shift`.
struct ConvAddend {
  const std::int32_t* const* rows;  ///< one pointer per output row
  int shift;
};

enum class Epilogue {
  kQuantise,    ///< 8-bit codes
  kStartTrunk,  ///< int16 trunk (ReLU) and its 8-bit copy
  kAddTrunk,    ///< int16 trunk plus residual, and its 8-bit copy
  kPartial,     ///< raw int32 sums
  kResidual,    ///< int16 fine-scale residual of the last layer
};

/// A block of output rows of one convolution. Output column x lands at pixel `x * outStep + outOffset`.
struct ConvJob {
  const ConvSource* sources;
  const ConvTap* taps;
  int tapCount;
  const void* weights;       ///< packed for this instruction set
  const std::int32_t* bias;  ///< per output channel, padded to a whole register; compensation included
  const float* multiplier;   ///< per output channel, padded likewise
  int channels;              ///< output channels
  int rowCount;
  int outStep, outOffset, outChannels;  ///< outChannels: stored channels per output pixel
  Epilogue epilogue;
  float low, high;          ///< bounds of the rounded value before the zero point is added
  std::int32_t storedZero;  ///< zero point + storedOffset of the 8-bit output
  float copyMultiplier;     ///< trunk -> 8-bit copy
  const ConvAddend* addends;
  int addendCount;
  const std::int16_t* const* trunkIn;
  std::int16_t* const* trunkOut;  ///< null when only the copy is wanted; residual rows for kResidual
  std::uint8_t* const* codesOut;
  std::int32_t* const* partialOut;
};

/// What a watched job adds up while its outputs are in registers, modulo 2^32: one entry per output channel, as many as
/// the job's bias has. docs/integrity.md says what for.
struct ConvSums {
  std::int32_t* outputs;                              ///< sums before requantisation, addends included
  std::int32_t* range;                                ///< or of magnitudes up to 2^30, where the job is Winograd's
  std::int32_t* difference;                           ///< or of what a repeated epilogue gives and what was stored
  std::array<std::int32_t*, kMaxBlockRows> stored;    ///< per row of the job: codes or partial sums
  std::array<std::int32_t*, kMaxBlockRows> trunkIn;   ///< per row: the trunk as read
  std::array<std::int32_t*, kMaxBlockRows> trunkOut;  ///< per row: the trunk as written
  std::array<bool, kMaxBlockRows> repeated;           ///< per row: its epilogue is to be evaluated twice
};

/// A watched sum of Winograd must be smaller: what one flipped bit makes of the sums of a tile then shows either in
/// their range or in their total.
inline constexpr std::int32_t kWatchedLimit = std::int32_t{1} << 23;

/// The weights of a 3x3 stride-1 layer on their way into the Winograd domain.
struct WinogradWeights {
  const std::int8_t* codes;   ///< as `packWinogradWeights` orders them
  std::int16_t* transformed;  ///< `winogradWeightBytes`
  int inputs, outputs;        ///< channels; inputs a multiple of 4
  bool transposed;            ///< kernel rows and columns change places
};

/// FAM product of two code rows, requantised.
struct MultiplyJob {
  const std::uint8_t* const* a;
  const std::uint8_t* const* b;
  std::uint8_t* const* out;
  int rowCount;
  int channels;
  std::int32_t storedZeroA, storedZeroB, storedZeroOut;
  float multiplier, low, high;
};

/// Pixels of a row, `step` values apart.
template <class T>
struct PixelRun {
  const T* values;
  int channels;
  std::ptrdiff_t step, pixels;
};

/// One instruction set's implementation. `scratch` is private to the calling thread.
struct Kernels {
  const char* name;
  const char* description;
  KernelLayout layout;
  /// Computes output columns [columnBegin, columnEnd) of the job; adds to `sums` unless that is null.
  void (*convolve)(const ConvJob& job, int columnBegin, int columnEnd, std::byte* scratch, const ConvSums* sums);
  void (*multiply)(const MultiplyJob& job, int columnBegin, int columnEnd);
  /// Transforms steps [begin, end) of `winogradSteps`; null without Winograd, as is the next.
  void (*transformWeights)(const WinogradWeights& weights, int begin, int end);
  /// As `convolve`, for a 3x3 stride-1 job of one source whose `weights` are transformed.
  void (*convolveWinograd)(const ConvJob& job, int columnBegin, int columnEnd, std::byte* scratch,
                           const ConvSums* sums);
  /// Adds all pixels up by channel, codes as they are stored, and adds that to `total`, modulo 2^32.
  void (*addCodes)(const PixelRun<std::uint8_t>& run, std::int32_t* total);
  void (*addSums)(const PixelRun<std::int32_t>& run, std::int32_t* total);
  /// Issues `count` multiply-accumulate instructions on registers; returns MACs done. For peak measurements.
  std::int64_t (*spin)(std::int64_t count);
};

/// Where channel `d` of output channel `c` lies inside one packed weight register.
constexpr int weightIndex(const KernelLayout& layout, int c, int d) {
  return layout.pairSplit ? (d / 2 * layout.vectorChannels + c) * 2 + d % 2 : c * layout.depth + d;
}

inline int roundUp(int value, int multiple) { return (value + multiple - 1) / multiple * multiple; }

}  // namespace perifocal
