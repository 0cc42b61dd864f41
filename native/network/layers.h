// The convolutions of MIMO-UNet (Cho et al., ICCV 2021) that run at inference, as a table.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace perifocal {

/// What decides the graph.
struct NetworkShape {
  int residualBlocks;  ///< n, per stage: 8 is MIMO-UNet, 20 is MIMO-UNet+
  int baseWidth;       ///< channels at full scale; half and quarter scale have 2x and 4x
};

inline constexpr int kMaxResidualBlocks = 64;
inline constexpr int kMaxBaseWidth = 256;

/// What becomes of the sums of a layer (docs/model-format.md, "Arithmetic").
enum class LayerRole { kPlain, kStartTrunk, kAddTrunk, kLast };

struct LayerSpec {
  std::string key;  ///< state-dict prefix
  int kernel;       ///< 1, 3, or 4 (transposed, stride 2)
  int stride;
  std::vector<int> sources;      ///< channels of each concatenated source
  std::vector<int> sourceParts;  ///< part that sums each source: coarser scales are summed at their own resolution
  int out;
  bool relu;
  LayerRole role;
  std::string trunk;      ///< stage whose trunk_scale applies, or empty
  bool winograd = false;  ///< summed by Winograd, else directly; the same bytes either way

  bool transposed() const { return kernel == 4; }
  /// Whether it can be summed by Winograd: 3x3, stride 1, one source, whole groups of 4 channels.
  bool suitsWinograd() const {
    return kernel == 3 && stride == 1 && sources.size() == 1 && sources[0] % 4 == 0 && out % 4 == 0;
  }
  int inputChannels() const;
  /// Separate weight packs: 4 phases of a transposed convolution, else one per source resolution.
  int parts() const;
};

/// Every layer, in execution order.
std::vector<LayerSpec> layersOf(const NetworkShape& shape);

/// One kernel position of a part: source (index into `LayerSpec::sources`) and where its weight lies.
struct WeightTap {
  int source;
  int ky, kx;
};

/// The taps of a part in packing order. Parts of a transposed convolution are output phases 2 * (row & 1) + (col & 1).
std::vector<WeightTap> tapsOf(const LayerSpec& layer, int part);

/// The shape of the network or a reason why it cannot be.
std::string shapeError(const NetworkShape& shape);

}  // namespace perifocal
