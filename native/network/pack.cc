#include "network/pack.h"

#include <algorithm>

#include "kernels/winograd.h"
#include "runtime/arena.h"

namespace perifocal {
namespace {

/// One register's worth of weights: which output channels and which group of input channels.
struct Group {
  int outChannel;
  int inChannel;   ///< within the source
  int inChannels;  ///< real channels of the source
  int inOffset;    ///< of the source within the layer
  int ky, kx;
};

class Packer {
 public:
  Packer(const LayerSpec& layer, std::span<const std::int8_t> weights, const KernelLayout& layout, std::byte* out)
      : layer_(layer), weights_(weights), layout_(layout), out_(out) {}

  void pack(int part) {
    const int vectors = paddedChannels(layer_, layout_) / layout_.vectorChannels;
    for (int v = 0; v < vectors; v += layout_.tileVectors) {
      packBlock(part, v, std::min(layout_.tileVectors, vectors - v));
    }
  }

 private:
  void packBlock(int part, int firstVector, int vectors) {
    for (const WeightTap& tap : tapsOf(layer_, part)) {
      Group group{0, 0, layer_.sources[tap.source], 0, tap.ky, tap.kx};
      for (int s = 0; s < tap.source; ++s) group.inOffset += layer_.sources[s];
      for (; group.inChannel < roundUp(group.inChannels, 4); group.inChannel += layout_.depth) {
        for (int v = firstVector; v < firstVector + vectors; ++v) {
          group.outChannel = v * layout_.vectorChannels;
          packRegister(group);
        }
      }
    }
  }

  void packRegister(const Group& group) {
    for (int c = 0; c < layout_.vectorChannels; ++c) {
      for (int d = 0; d < layout_.depth; ++d) store(weightIndex(layout_, c, d), code(group, c, d));
    }
    out_ += layout_.vectorChannels * layout_.depth * layout_.weightBytes;
  }

  std::int8_t code(const Group& group, int c, int d) const {
    const int out = group.outChannel + c, in = group.inChannel + d;
    if (out >= layer_.out || in >= group.inChannels) return 0;
    return weights_[weightOffset(layer_, out, group.inOffset + in, group.ky, group.kx)];
  }

  void store(int index, std::int8_t value) {
    if (layout_.weightBytes == 2) {
      reinterpret_cast<std::int16_t*>(out_)[index] = value;
    } else {
      reinterpret_cast<std::int8_t*>(out_)[index] = value;
    }
  }

  const LayerSpec& layer_;
  std::span<const std::int8_t> weights_;
  const KernelLayout& layout_;
  std::byte* out_;
};

}  // namespace

int paddedChannels(const LayerSpec& layer, const KernelLayout& layout) { return roundUp(layer.out, layout.lanes); }

std::size_t packedWeightBytes(const LayerSpec& layer, int part, const KernelLayout& layout) {
  std::size_t groups = 0;
  for (const WeightTap& tap : tapsOf(layer, part)) {
    groups += roundUp(roundUp(layer.sources[tap.source], 4), layout.depth) / layout.depth;
  }
  return groups * layout.depth * paddedChannels(layer, layout) * layout.weightBytes;
}

std::size_t weightOffset(const LayerSpec& layer, int outChannel, int inChannel, int ky, int kx) {
  const std::size_t first = layer.transposed() ? inChannel : outChannel;
  const std::size_t second = layer.transposed() ? outChannel : inChannel;
  const std::size_t secondCount = layer.transposed() ? layer.out : layer.inputChannels();
  return ((first * secondCount + second) * layer.kernel + ky) * layer.kernel + kx;
}

std::size_t packedWinogradBytes(const LayerSpec& layer, const WinogradLayout& layout) {
  const WinogradBlock last = winogradBlock(layout, layer.out, winogradBlocks(layout, layer.out) - 1);
  return static_cast<std::size_t>(9) * layer.sources[0] * (last.first + last.channels);
}

std::size_t transformedBytes(const LayerSpec& layer, const WinogradLayout& layout) {
  return arenaBytes(winogradWeightBytes(layout, layer.sources[0], layer.out));
}

void packWinogradWeights(const LayerSpec& layer, std::span<const std::int8_t> weights, const WinogradLayout& layout,
                         std::int8_t* out) {
  for (int b = 0; b < winogradBlocks(layout, layer.out); ++b) {
    const WinogradBlock block = winogradBlock(layout, layer.out, b);
    for (int input = 0; input < layer.sources[0]; input += layout.depth) {
      for (int k = 0; k < 9; ++k) {
        for (int c = block.first; c < block.first + block.channels; ++c) {
          for (int d = 0; d < layout.depth; ++d) {
            *out++ = c < layer.out ? weights[weightOffset(layer, c, input + d, k / 3, k % 3)] : std::int8_t{0};
          }
        }
      }
    }
  }
}

void packWeights(const LayerSpec& layer, int part, std::span<const std::int8_t> weights, const KernelLayout& layout,
                 std::byte* out) {
  Packer(layer, weights, layout, out).pack(part);
}

}  // namespace perifocal
