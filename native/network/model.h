// The weights of a network, validated and packed for one instruction set. Immutable, shared by pipelines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "kernels/kernels.h"
#include "network/graph.h"
#include "runtime/arena.h"
#include "runtime/status.h"
#include "runtime/team.h"

namespace perifocal {

/// A tensor of a model file as raw little-endian bytes.
struct FileTensor {
  enum class Type { kI8, kI32, kF32 };
  Type type;
  std::vector<std::int64_t> shape;
  std::span<const std::byte> data;
};

using FileTensors = std::map<std::string, FileTensor>;

/// One weight pack: all that a kernel call takes from the model.
struct PackedPart {
  const std::byte* weights;
  const std::int32_t* bias;  ///< zero-point compensation included
  const float* multiplier;
};

/// Requantisation of one layer (docs/model-format.md).
struct LayerNumbers {
  std::vector<double> inputScale;
  std::vector<std::int32_t> inputZero;
  double outputScale = 1;
  std::int32_t outputZero = 0;
  double trunkScale = 0;        ///< 0 where the layer has no trunk
  float copyMultiplier = 0;     ///< trunk -> 8-bit copy
  float productMultiplier = 0;  ///< FAM merge: product of its two inputs -> codes
};

/// Input and output channels of layers that are to be summed by Winograd.
using WinogradShapes = std::set<std::pair<int, int>>;

class Model {
 public:
  /// Copies what it needs from `tensors`. Layers of `winograd` shapes whose sums might be too large for it are summed
  /// directly all the same. Fails with kModelInvalid naming the tensor, kOutOfMemory or kAborted.
  static Status build(const NetworkShape& shape, const FileTensors& tensors, const Kernels& kernels,
                      const WinogradShapes& winograd, const Team& team, std::unique_ptr<Model>& out);

  const Graph& graph() const { return graph_; }
  const Kernels& kernels() const { return kernels_; }
  const PackedPart& part(int layer, int part) const { return parts_[layer][part]; }
  const LayerNumbers& numbers(int layer) const { return numbers_[layer]; }
  /// Logical zero point of a tensor's codes.
  std::int32_t zeroOf(const Tensor& tensor) const;
  std::size_t weightBytes() const { return arena_.mappedBytes(); }

 private:
  friend class ModelBuilder;
  Model(const NetworkShape& shape, const Kernels& kernels) : graph_(buildGraph(shape)), kernels_(kernels) {}

  Graph graph_;
  const Kernels& kernels_;
  Arena arena_;
  std::vector<std::vector<PackedPart>> parts_;
  std::vector<LayerNumbers> numbers_;
};

/// Bytes that `Model::build` maps for packed weights.
std::size_t packedModelBytes(const Graph& graph, const KernelLayout& layout);

}  // namespace perifocal
