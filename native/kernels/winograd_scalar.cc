// Winograd F(4x4, 3x3) as kernels/winograd.h states it, matrix by matrix and tile by tile, written for reading.
#include "kernels/winograd.h"

#include <algorithm>

#include "kernels/scalar.h"

namespace perifocal::scalar {
namespace {

constexpr int kKernelSide = 3;

template <int kRows, int kColumns>
struct Matrix {
  std::int32_t at[kRows][kColumns];
};

constexpr Matrix<6, 6> kB{{{4, 0, -5, 0, 1, 0},
                           {0, 4, 4, -1, -1, 0},
                           {0, -4, 4, 1, -1, 0},
                           {0, -2, -1, 2, 1, 0},
                           {0, 2, -1, -2, 1, 0},
                           {0, 4, 0, -5, 0, 1}}};
constexpr Matrix<6, 3> kG{{{6, 0, 0}, {1, 1, 1}, {1, -1, 1}, {1, 2, 4}, {1, -2, 4}, {0, 0, 6}}};
constexpr Matrix<4, 6> kA{{{1, 4, 4, 1, 1, 0}, {0, 2, -2, 1, -1, 0}, {0, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 1}}};

/// a + b * c modulo 2^32: unsigned integers wrap by definition.
std::int32_t multiplyAdd(std::int32_t a, std::int32_t b, std::int32_t c) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(a) +
                                   static_cast<std::uint32_t>(b) * static_cast<std::uint32_t>(c));
}

/// t x t^T modulo 2^32.
template <int kRows, int kColumns>
Matrix<kRows, kRows> sandwich(const Matrix<kRows, kColumns>& t, const Matrix<kColumns, kColumns>& x) {
  Matrix<kRows, kColumns> left{};
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kColumns; ++j)
      for (int k = 0; k < kColumns; ++k) left.at[i][j] = multiplyAdd(left.at[i][j], t.at[i][k], x.at[k][j]);
  Matrix<kRows, kRows> result{};
  for (int i = 0; i < kRows; ++i)
    for (int j = 0; j < kRows; ++j)
      for (int k = 0; k < kColumns; ++k) result.at[i][j] = multiplyAdd(result.at[i][j], left.at[i][k], t.at[j][k]);
  return result;
}

/// Where U of a pair of channels lies in the transformed weights at position 0.
std::ptrdiff_t weightIndexOf(int inputs, const WinogradBlock& block, int input, int output) {
  return block.first / kLayout.winograd.blockChannels * kTilePositions *
             winogradWeightStride(kLayout.winograd, inputs) +
         static_cast<std::ptrdiff_t>(input) * block.channels + output - block.first;
}

/// Input channel `channel` of the 6x6 pixels that start left of and above the tile.
Matrix<6, 6> inputOf(const ConvJob& job, int column, int channel) {
  const ConvSource& source = job.sources[0];
  Matrix<6, 6> d{};
  for (int y = 0; y < kTileInputSide; ++y) {
    // Rows below the job reach only outputs that are dropped.
    const std::uint8_t* row = source.rows[std::min(y, job.rowCount + 1)];
    for (int x = 0; x < kTileInputSide; ++x) {
      d.at[y][x] = row[static_cast<std::ptrdiff_t>(column - 1 + x) * source.channels + channel];
    }
  }
  return d;
}

/// M of one tile and output channel: products of U and V, summed over the input channels, and the bias.
Matrix<6, 6> productsOf(const ConvJob& job, int column, int output) {
  const int inputs = job.sources[0].channels, size = kLayout.winograd.blockChannels;
  const WinogradBlock block = winogradBlock(kLayout.winograd, job.channels, output / size);
  Matrix<6, 6> m{};
  m.at[1][1] = multiplyAdd(0, kBiasFactor, job.bias[output]);
  for (int input = 0; input < inputs; ++input) {
    const Matrix<6, 6> v = sandwich(kB, inputOf(job, column, input));
    const auto* u = static_cast<const std::int16_t*>(job.weights) + weightIndexOf(inputs, block, input, output);
    for (int i = 0; i < kTileInputSide; ++i) {
      for (int j = 0; j < kTileInputSide; ++j, u += winogradWeightStride(kLayout.winograd, inputs)) {
        m.at[i][j] = multiplyAdd(m.at[i][j], *u, v.at[i][j]);
      }
    }
  }
  return m;
}

void convolveTile(const ConvJob& job, int column, int columnEnd, int output, const ConvSums* sums) {
  const Matrix<4, 4> z = sandwich(kA, productsOf(job, column, output));
  for (int i = 0; i < std::min(kTileSide, job.rowCount); ++i) {
    for (int j = 0; j < std::min(kTileSide, columnEnd - column); ++j) {
      const std::int32_t y = multiplyAdd(0, z.at[i][j], kInverseOf9) >> (kTileShift[i] + kTileShift[j]);
      finish(job, {i, column + j, output}, y, sums);
    }
  }
}

}  // namespace

void transformWeights(const WinogradWeights& weights, int begin, int end) {
  const WinogradLayout& layout = kLayout.winograd;
  for (int step = begin; step < end; ++step) {
    const WinogradBlock block = winogradBlock(layout, weights.outputs, step / weights.inputs);
    const int input = step % weights.inputs;
    for (int c = 0; c < block.channels; ++c) {
      const std::int8_t* codes = weights.codes + 9 * (block.first * weights.inputs + input * block.channels) + c;
      Matrix<3, 3> g{};
      for (int k = 0; k < 9; ++k) {
        const int y = k / kKernelSide, x = k % kKernelSide;
        (weights.transposed ? g.at[x][y] : g.at[y][x]) = codes[k * block.channels];
      }
      const Matrix<6, 6> u = sandwich(kG, g);
      std::int16_t* out = weights.transformed + weightIndexOf(weights.inputs, block, input, block.first + c);
      for (int position = 0; position < kTilePositions; ++position) {
        const std::int32_t value = u.at[position / kTileInputSide][position % kTileInputSide];
        out[position * winogradWeightStride(layout, weights.inputs)] = static_cast<std::int16_t>(value);
      }
    }
  }
}

void convolveWinograd(const ConvJob& job, int columnBegin, int columnEnd, std::byte*, const ConvSums* sums) {
  for (int column = columnBegin; column < columnEnd; column += kTileSide) {
    for (int output = 0; output < job.channels; ++output) convolveTile(job, column, columnEnd, output, sums);
  }
}

}  // namespace perifocal::scalar
