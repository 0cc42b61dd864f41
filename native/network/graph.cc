#include "network/graph.h"

#include <unordered_map>
#include <utility>

#include "kernels/limits.h"

namespace perifocal {
namespace {

constexpr RowMap kSame{RowMap::Kind::kWindow, 1, 0};
constexpr RowMap kHalo{RowMap::Kind::kWindow, 1, 1};
constexpr RowMap kStrided{RowMap::Kind::kWindow, 2, 1};
constexpr RowMap kHalf{RowMap::Kind::kWindow, 2, 0};
constexpr RowMap kQuarter{RowMap::Kind::kWindow, 4, 0};
constexpr RowMap kUp2{RowMap::Kind::kUpsampled, 1, 0};
constexpr RowMap kUp4{RowMap::Kind::kUpsampled, 2, 0};
constexpr RowMap kTransposedRows{RowMap::Kind::kTransposed, 2, 1};

/// A residual stage's running value: the int16 trunk and its 8-bit copy.
struct Trunk {
  int trunk;
  int codes;
};

class GraphBuilder {
 public:
  explicit GraphBuilder(const NetworkShape& shape) {
    graph_.shape = shape;
    graph_.layers = layersOf(shape);
    for (int i = 0; i < static_cast<int>(graph_.layers.size()); ++i) layerIndex_[graph_.layers[i].key] = i;
  }

  Graph build() {
    const int x = tensor("x", TensorKind::kCodes, 3, 0, kImageProducer);
    const int z2 = shallow("SCM2", downsample("x2", x, kHalf, 1), 1);
    const int z4 = shallow("SCM1", downsample("x4", x, kQuarter, 2), 2);
    Trunk z = stage("Encoder.0", start("feat_extract.0.main.0", {{x, kHalo}}, 0));
    const int res1 = z.codes;
    z = merge("FAM2", start("feat_extract.1.main.0", {{res1, kStrided}}, 1), z2);
    const int res2 = stage("Encoder.1", z).codes;
    z = merge("FAM1", start("feat_extract.2.main.0", {{res2, kStrided}}, 2), z4);
    const Trunk res4 = stage("Encoder.2", z, true);
    const int skip2 = fuse("AFFs.1", {{res1, kHalf}, {res2, kSame}}, {{res4.codes, kUp2}}, 1);
    const int skip1 = fuse("AFFs.0", {{res1, kSame}}, {{res2, kUp2}, {res4.codes, kUp4}}, 0);
    z = stage("Decoder.0", res4);
    z = start("Convs.0.main.0", {{transpose("feat_extract.3.main.0", z.codes, 1), kSame}, {skip2, kSame}}, 1);
    z = stage("Decoder.1", z);
    z = start("Convs.1.main.0", {{transpose("feat_extract.4.main.0", z.codes, 0), kSame}, {skip1, kSame}}, 0);
    z = stage("Decoder.2", z);
    residual(z.codes);
    return std::move(graph_);
  }

 private:
  int tensor(const std::string& name, TensorKind kind, int channels, int scale, int producer) {
    graph_.tensors.push_back({name, kind, roundUp(channels, 4), scale, producer});
    return static_cast<int>(graph_.tensors.size()) - 1;
  }

  int layer(const std::string& key) const { return layerIndex_.at(key); }

  int codesOf(int layer, int scale) {
    const LayerSpec& spec = graph_.layers[layer];
    return tensor(spec.key, TensorKind::kCodes, spec.out, scale, layer);
  }

  int trunkOf(int layer, int scale) {
    const LayerSpec& spec = graph_.layers[layer];
    return tensor(spec.key + ".trunk", TensorKind::kTrunk, spec.out, scale, layer);
  }

  Stage& emit(StageKind kind, const std::string& name, std::vector<StageInput> sources, int scale) {
    Stage stage;
    stage.name = name;
    stage.kind = kind;
    stage.sourceCount = static_cast<int>(sources.size());
    stage.inputs = std::move(sources);
    stage.scale = scale;
    graph_.stages.push_back(std::move(stage));
    return graph_.stages.back();
  }

  Stage& convolve(int layer, std::vector<StageInput> sources, int scale) {
    Stage& stage = emit(StageKind::kConvolve, graph_.layers[layer].key, std::move(sources), scale);
    stage.layer = layer;
    return stage;
  }

  int downsample(const std::string& name, int x, RowMap map, int scale) {
    Stage& stage = emit(StageKind::kDownsample, name, {{x, map}}, scale);
    stage.codes = tensor(name, TensorKind::kCodes, 3, scale, kImageProducer);
    stage.minRows = kMaxBlockRows;
    return stage.codes;
  }

  int plain(const std::string& key, std::vector<StageInput> sources, int scale) {
    const int index = layer(key);
    const int codes = codesOf(index, scale);
    convolve(index, std::move(sources), scale).codes = codes;
    return codes;
  }

  int shallow(const std::string& module, int image, int scale) {
    int z = plain(module + ".main.0.main.0", {{image, kHalo}}, scale);
    z = plain(module + ".main.1.main.0", {{z, kSame}}, scale);
    z = plain(module + ".main.2.main.0", {{z, kHalo}}, scale);
    z = plain(module + ".main.3.main.0", {{z, kSame}}, scale);
    return plain(module + ".conv.main.0", {{image, kSame}, {z, kSame}}, scale);
  }

  Trunk start(const std::string& key, std::vector<StageInput> sources, int scale) {
    const int index = layer(key);
    const Trunk out{trunkOf(index, scale), codesOf(index, scale)};
    Stage& stage = convolve(index, std::move(sources), scale);
    stage.epilogue = Epilogue::kStartTrunk;
    stage.trunk = out.trunk;
    stage.codes = out.codes;
    if (graph_.layers[index].stride == 2) stage.minRows = kMaxBlockRows;
    return out;
  }

  /// Without `keepTrunk` only the 8-bit copy goes on.
  Trunk addTo(const Trunk& trunk, const std::string& key, int source, int scale, bool keepTrunk) {
    const int index = layer(key);
    const Trunk out{keepTrunk ? trunkOf(index, scale) : -1, codesOf(index, scale)};
    Stage& stage = convolve(index, {{source, kHalo}}, scale);
    stage.inputs.push_back({trunk.trunk, kSame});
    stage.epilogue = Epilogue::kAddTrunk;
    stage.trunk = out.trunk;
    stage.codes = out.codes;
    return out;
  }

  Trunk stage(const std::string& name, Trunk z, bool keepTrunk = false) {
    const int scale = graph_.tensors[z.codes].scale, n = graph_.shape.residualBlocks;
    for (int i = 0; i < n; ++i) {
      const std::string block = name + ".layers." + std::to_string(i) + ".main.";
      const int hidden = plain(block + "0.main.0", {{z.codes, kHalo}}, scale);
      z = addTo(z, block + "1.main.0", hidden, scale, keepTrunk || i < n - 1);
    }
    return z;
  }

  Trunk merge(const std::string& module, const Trunk& z, int other) {
    const std::string key = module + ".merge.main.0";
    const int scale = graph_.tensors[z.codes].scale;
    Stage& stage = emit(StageKind::kMultiply, module, {{z.codes, kSame}, {other, kSame}}, scale);
    stage.layer = layer(key);
    const int product =
        tensor(module, TensorKind::kCodes, graph_.tensors[z.codes].channels, scale, productProducer(stage.layer));
    graph_.stages.back().codes = product;
    return addTo(z, key, product, scale, true);
  }

  int fuse(const std::string& module, std::vector<StageInput> near, std::vector<StageInput> far, int scale) {
    const int index = layer(module + ".conv.0.main.0");
    std::vector<StageInput> addends;
    for (int i = 0; i < static_cast<int>(far.size()); ++i) {
      addends.push_back({partial(index, i + 1, far[i].tensor), far[i].map});
    }
    const int codes = codesOf(index, scale);
    Stage& stage = convolve(index, std::move(near), scale);
    stage.inputs.insert(stage.inputs.end(), addends.begin(), addends.end());
    stage.addendCount = static_cast<int>(addends.size());
    stage.codes = codes;
    return plain(module + ".conv.1.main.0", {{codes, kHalo}}, scale);
  }

  int partial(int layer, int part, int source) {
    const int scale = graph_.tensors[source].scale;
    const std::string name = graph_.layers[layer].key + ".part" + std::to_string(part);
    const int sums = tensor(name, TensorKind::kPartial, graph_.layers[layer].out, scale, layer);
    Stage& stage = convolve(layer, {{source, kSame}}, scale);
    stage.name = name;
    stage.part = part;
    stage.epilogue = Epilogue::kPartial;
    stage.partial = sums;
    return sums;
  }

  int transpose(const std::string& key, int source, int scale) {
    const int index = layer(key);
    const int codes = codesOf(index, scale);
    Stage& stage = emit(StageKind::kTranspose, key, {{source, kTransposedRows}}, scale);
    stage.layer = index;
    stage.codes = codes;
    return codes;
  }

  void residual(int source) {
    convolve(layer("feat_extract.5.main.0"), {{source, kHalo}}, 0).epilogue = Epilogue::kResidual;
  }

  Graph graph_;
  std::unordered_map<std::string, int> layerIndex_;
};

}  // namespace

int RowMap::first(int r) const {
  switch (kind) {
    case Kind::kWindow: return r * step - halo;
    case Kind::kUpsampled: return r >> step;
    case Kind::kTransposed: return (r >> 1) - (r % 2 == 0 ? 1 : 0);
  }
  return r;
}

int RowMap::last(int r) const {
  switch (kind) {
    case Kind::kWindow: return r * step + halo;
    case Kind::kUpsampled: return r >> step;
    case Kind::kTransposed: return (r >> 1) + (r % 2 == 0 ? 0 : 1);
  }
  return r;
}

Graph buildGraph(const NetworkShape& shape) { return GraphBuilder(shape).build(); }

std::int64_t macsOf(const Graph& graph, const Stage& stage, int width, int height) {
  if (stage.layer < 0 || stage.kind == StageKind::kMultiply) return 0;
  const LayerSpec& layer = graph.layers[stage.layer];
  const std::int64_t pixels = static_cast<std::int64_t>(width >> stage.scale) * (height >> stage.scale);
  std::int64_t total = 0;
  for (const WeightTap& tap : tapsOf(layer, stage.part)) total += pixels * layer.sources[tap.source] * layer.out;
  return total;
}

std::int64_t macsOf(const Graph& graph, int width, int height) {
  std::int64_t total = 0;
  for (const Stage& stage : graph.stages) total += macsOf(graph, stage, width, height);
  return total;
}

}  // namespace perifocal
