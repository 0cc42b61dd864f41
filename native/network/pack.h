// Weights, biases and multipliers in the order in which a kernel reads them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/kernels.h"
#include "network/layers.h"

namespace perifocal {

/// Bytes of one part's packed weights.
std::size_t packedWeightBytes(const LayerSpec& layer, int part, const KernelLayout& layout);

/// Entries of a part's bias and multiplier arrays: output channels padded to whole registers.
int paddedChannels(const LayerSpec& layer, const KernelLayout& layout);

/// Order: channel block, tap, input group, register, channel, depth. `weights` are codes in PyTorch order; input
/// channels and output channels beyond the real ones are zero.
void packWeights(const LayerSpec& layer, int part, std::span<const std::int8_t> weights, const KernelLayout& layout,
                 std::byte* out);

/// Bytes of `packWinogradWeights`.
std::size_t packedWinogradBytes(const LayerSpec& layer, const WinogradLayout& layout);

/// Bytes that a Winograd layer's transformed weights take from an arena.
std::size_t transformedBytes(const LayerSpec& layer, const WinogradLayout& layout);

/// Order: block of output channels, step of `depth` input channels, kernel position, output channel, depth.
void packWinogradWeights(const LayerSpec& layer, std::span<const std::int8_t> weights, const WinogradLayout& layout,
                         std::int8_t* out);

/// Index of a code in PyTorch order: (out, in, k, k), or (in, out, k, k) when transposed.
std::size_t weightOffset(const LayerSpec& layer, int outChannel, int inChannel, int ky, int kx);

}  // namespace perifocal
