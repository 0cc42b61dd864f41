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
#include "network/channel_mix.h"
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

/// What the sums of a pack must add up to. Made from the file alone and kept apart from the packed weights, so that
/// each shows where the other has changed. Inputs are counted from 0 to 255.
struct CheckedPart {
  const std::uint32_t* columnSums;  ///< [number][tap][stored input channel]: weights, mixed over the output channels
  std::size_t columnSumBytes;
  Mixed bias;
  std::uint64_t columnSumsSum, weightSum;  ///< of the words of the column sums, and of the packed weights
  std::uint64_t digest;                    ///< of all that is not read whole by each check: see `digestOf`
};

/// How much a model's checksums see (docs/integrity.md).
struct Coverage {
  int layers = 0;
  int winogradLayers = 0;
  std::int64_t cases = 0;       ///< ways for a layer to read an input channel: taps through which a pixel goes in
  std::int64_t blindCases = 0;  ///< those in which its weights cancel, so that a changed pixel would not show
  std::int64_t largestSum = 0;  ///< of layers that Winograd sums
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
  /// @param checked whether passes shall be able to check their sums
  static Status build(const NetworkShape& shape, const FileTensors& tensors, const Kernels& kernels,
                      const WinogradShapes& winograd, const Team& team, std::unique_ptr<Model>& out,
                      bool checked = false);

  const Graph& graph() const { return graph_; }
  const Kernels& kernels() const { return kernels_; }
  const PackedPart& part(int layer, int part) const { return parts_[layer][part]; }
  const LayerNumbers& numbers(int layer) const { return numbers_[layer]; }
  /// Logical zero point of a tensor's codes.
  std::int32_t zeroOf(const Tensor& tensor) const;
  std::size_t weightBytes() const { return arena_.mappedBytes() + checkArena_.mappedBytes(); }
  bool checked() const { return !checks_.empty(); }
  /// Of a checked model.
  const CheckedPart& check(int layer, int part) const { return checks_[layer][part]; }
  const Coverage& coverage() const { return coverage_; }
  /// Of a checked model: what `stageDigest` was when it was loaded.
  std::uint64_t digestOfStage(int stage) const { return stageDigests_[stage]; }

 private:
  friend class ModelBuilder;
  Model(const NetworkShape& shape, const Kernels& kernels) : graph_(buildGraph(shape)), kernels_(kernels) {}

  Graph graph_;
  const Kernels& kernels_;
  Arena arena_;
  std::vector<std::vector<PackedPart>> parts_;
  std::vector<LayerNumbers> numbers_;
  Arena checkArena_;
  std::vector<std::vector<CheckedPart>> checks_;
  Coverage coverage_;
  std::vector<std::uint64_t> stageDigests_;
};

/// Bytes that `Model::build` maps for packed weights, and for what they are checked by.
std::size_t packedModelBytes(const Graph& graph, const KernelLayout& layout, bool checked = false);

/// What `CheckedPart::digest` was when the model was loaded, unless something has changed of the pack's bias and
/// multipliers, of the numbers of the layer, or of the numbers that it is checked by. Changed column sums and packed
/// weights show where sums are compared.
std::uint64_t digestOf(const Model& model, int layer, int part);

/// What `CheckedPart::columnSumsSum` and `CheckedPart::weightSum` were, likewise.
std::uint64_t columnSumsSumOf(const Model& model, int layer, int part);
std::uint64_t weightSumOf(const Model& model, int layer, int part);

}  // namespace perifocal
