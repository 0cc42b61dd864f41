// MIMO-UNet as data: tensors that are streams of rows, and stages that declare which rows they need.
#pragma once

#include <string>
#include <vector>

#include "kernels/kernels.h"
#include "network/layers.h"

namespace perifocal {

enum class TensorKind { kCodes, kTrunk, kPartial };

constexpr int elementBytes(TensorKind kind) {
  return kind == TensorKind::kCodes ? 1 : kind == TensorKind::kTrunk ? 2 : 4;
}

struct Tensor {
  std::string name;
  TensorKind kind;
  int channels;  ///< stored per pixel, a multiple of 4
  int scale;     ///< 0 full, 1 half, 2 quarter resolution
  int producer;  ///< layer whose output zero point pads it, kImageProducer, or productProducer(FAM merge layer)
};

inline constexpr int kImageProducer = -1;

/// A FAM product takes scale and zero point from the input of the merge layer that reads it.
constexpr int productProducer(int mergeLayer) { return -2 - mergeLayer; }

/// Which input rows output row r needs, before clipping to the image.
struct RowMap {
  enum class Kind { kWindow, kUpsampled, kTransposed };
  Kind kind;
  int step;  ///< kWindow: input rows per output row; kUpsampled: log2 of the factor
  int halo;

  int first(int r) const;
  int last(int r) const;
};

struct StageInput {
  int tensor;
  RowMap map;
};

enum class StageKind { kDownsample, kConvolve, kTranspose, kMultiply };

/// Emits rows of its outputs. Inputs are, in order: sources, addends (partial sums), trunk.
struct Stage {
  std::string name;
  StageKind kind;
  std::vector<StageInput> inputs;
  int sourceCount = 0;
  int addendCount = 0;
  int layer = -1;
  int part = 0;
  Epilogue epilogue = Epilogue::kQuantise;
  int codes = -1, trunk = -1, partial = -1;  ///< output tensors, -1 if none
  int scale = 0;                             ///< of the outputs
  int minRows = 1;  ///< waits for a block of this many rows, so that coarser scales work on whole blocks too

  bool readsTrunk() const { return static_cast<int>(inputs.size()) > sourceCount + addendCount; }
};

struct Graph {
  NetworkShape shape;
  std::vector<LayerSpec> layers;
  std::vector<Tensor> tensors;  ///< tensor 0 is the image
  std::vector<Stage> stages;    ///< in execution order; the last one writes the residual and has no output tensor

  int rowsOf(int tensor, int height) const { return height >> tensors[tensor].scale; }
};

Graph buildGraph(const NetworkShape& shape);

/// Multiply-accumulates of one stage, in one pass over an image.
std::int64_t macsOf(const Graph& graph, const Stage& stage, int width, int height);

/// Multiply-accumulates of one pass over an image.
std::int64_t macsOf(const Graph& graph, int width, int height);

}  // namespace perifocal
