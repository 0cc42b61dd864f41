// Winograd F(4x4, 3x3) in integers modulo 2^32: the sums of a direct convolution, bit for bit, for a quarter of the
// multiplications. docs/winograd.md explains it step by step.
//
// A tile of 4x4 output pixels takes 6x6 input pixels d and a 3x3 kernel g:
//
//   V = B d B^T        int16, per input channel           6x6
//   U = G g G^T        int16, per pair of channels        6x6
//   M = sum_c U_c . V_c   elementwise, int32 modulo 2^32  6x6
//   Z = A M A^T        int32 modulo 2^32                  4x4
//   Y = (Z * inverse(9)) >> shift
//
// with B, G and A those of Lavin and Gray (arXiv 1509.09308), F(4x4, 3x3), times whole numbers that make them integer:
//
//   B = |4  0 -5  0  1  0|   G = |6  0  0|   A = |1  4  4  1  1  0|
//       |0  4  4 -1 -1  0|       |1  1  1|       |0  2 -2  1 -1  0|
//       |0 -4  4  1 -1  0|       |1 -1  1|       |0  1  1  1  1  0|
//       |0 -2 -1  2  1  0|       |1  2  4|       |0  1 -1  2 -2  1|
//       |0  2 -1 -2  1  0|       |1 -2  4|
//       |0  4  0 -5  0  1|       |0  0  6|
//
// The factors end up in the rows of the result: with f = (24, 12, 6, 6), A ((G g) . (B d)) = f . (g * d) holds as an
// identity of polynomials with integer coefficients, so in two dimensions Z_ij = f_i f_j y_ij, where y is the exact
// convolution and f_i f_j = 9 * 2^(k_i + k_j), k = (3, 2, 1, 1).
//
// Why wraparound is harmless. V and U never leave int16: the codes are bytes, so |V| <= 68 * 255 = 17,340, and
// |U| <= 49 * 127 = 6,223. Everything after them is additions and multiplications by constants, which are ring
// operations: done modulo 2^32 they give Z modulo 2^32, however often the sums of M left int32 on the way. 9 is odd, so
// it has an inverse modulo 2^32, and Z times that inverse is 2^(k_i + k_j) y modulo 2^32. As k_i + k_j <= 6, this
// product is a whole int32 without wraparound whenever |y| < 2^25, and then the arithmetic shift gives back y itself.
// The bias takes part before the shift (`kBiasPosition`), so that y is the sum that is requantised, zero points
// compensated; the model loader gives a layer to Winograd only if |y| < kWinogradSumLimit for every possible input
// (network/model.cc), and to the direct kernels otherwise.
//
// Pixels of a tile beyond the image need not be zero points: output column j of a tile depends on input columns j to
// j + 2 alone, again as an identity of integers, so that any readable bytes will do where the output is dropped.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/kernels.h"

namespace perifocal {

inline constexpr int kTileSide = 4;        ///< output pixels
inline constexpr int kTileInputSide = 6;   ///< input pixels
inline constexpr int kTilePositions = 36;  ///< products per tile and pair of channels
inline constexpr std::uint32_t kInverseOf9 = 954437177;
inline constexpr int kTileShift[kTileSide] = {3, 2, 1, 1};  ///< k: element (i, j) is shifted by k_i + k_j

/// Column 1 of A is f / 6, so that 36 times the bias, added to M at (1, 1), adds f_i f_j times the bias to every Z.
inline constexpr int kBiasPosition = 7;
inline constexpr std::uint32_t kBiasFactor = 36;

/// Sums of a layer below this are requantised without loss; Winograd would bear twice as much.
inline constexpr std::int64_t kWinogradSumLimit = std::int64_t{1} << 24;

/// Input pixels right of the last output pixel that a tile may read, dropped outputs included.
inline constexpr int kTileOverhang = 4;

/// Tiles whose sums are finished together, while they are in the first-level cache.
inline constexpr int kFinishTiles = 4;

/// Output channels [first, first + channels) of a layer, as the kernels take them: a whole or half a block.
struct WinogradBlock {
  int first;
  int channels;
};

int winogradBlocks(const WinogradLayout& layout, int outputs);
WinogradBlock winogradBlock(const WinogradLayout& layout, int outputs, int index);

/// Elements between two positions of one block's transformed weights: not a multiple of 4 KiB, else the 36 streams of
/// a transform would share one set of the cache.
std::ptrdiff_t winogradWeightStride(const WinogradLayout& layout, int inputs);

/// Units of work of `transformWeights`: `depth` input channels of one block.
int winogradSteps(const WinogradLayout& layout, int inputs, int outputs);

/// Bytes of a layer's transformed weights, order [block][position][input / depth][output][depth].
std::size_t winogradWeightBytes(const WinogradLayout& layout, int inputs, int outputs);

/// How a thread's scratch is divided: V of a run of tiles, M of one block of channels, finished sums of a few tiles.
struct WinogradScratch {
  int tiles;                     ///< most tiles worked on at once
  std::ptrdiff_t inputStride;    ///< elements of V between positions; order [position][tile][input]
  std::ptrdiff_t productStride;  ///< elements of M between positions; order [position][tile][output]
  std::size_t products, sums;    ///< byte offsets; V lies at 0
  std::size_t bytes;
};

WinogradScratch planWinogradScratch(const WinogradLayout& layout, int inputs);

}  // namespace perifocal
