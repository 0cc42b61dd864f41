#include "network/layers.h"

#include <algorithm>
#include <numeric>

namespace perifocal {
namespace {

class LayerTable {
 public:
  explicit LayerTable(const NetworkShape& shape) : n_(shape.residualBlocks), base_(shape.baseWidth) {}

  std::vector<LayerSpec> build() {
    const int c1 = base_, c2 = 2 * base_, c4 = 4 * base_;
    shallow("SCM2", c2);
    shallow("SCM1", c4);
    start("feat_extract.0.main.0", 1, {3}, c1, "Encoder.0");
    stage("Encoder.0", c1);
    start("feat_extract.1.main.0", 2, {c1}, c2, "Encoder.1");
    merge("FAM2", c2, "Encoder.1");
    stage("Encoder.1", c2);
    start("feat_extract.2.main.0", 2, {c2}, c4, "Encoder.2");
    merge("FAM1", c4, "Encoder.2");
    stage("Encoder.2", c4);
    fuse("AFFs.1", {c1, c2, c4}, {0, 0, 1}, c2);
    fuse("AFFs.0", {c1, c2, c4}, {0, 1, 2}, c1);
    stage("Decoder.0", c4);
    plain("feat_extract.3.main.0", 4, {c4}, c2, true);
    joined("Convs.0.main.0", {c2, c2}, c2, "Decoder.1");
    stage("Decoder.1", c2);
    plain("feat_extract.4.main.0", 4, {c2}, c1, true);
    joined("Convs.1.main.0", {c1, c1}, c1, "Decoder.2");
    stage("Decoder.2", c1);
    add({"feat_extract.5.main.0", 3, 1, {c1}, {0}, 3, false, LayerRole::kLast, ""});
    return std::move(layers_);
  }

 private:
  void add(LayerSpec layer) { layers_.push_back(std::move(layer)); }

  void plain(const std::string& key, int kernel, std::vector<int> sources, int out, bool relu) {
    std::vector<int> parts(sources.size(), 0);
    const int stride = kernel == 4 ? 2 : 1;
    add({key, kernel, stride, std::move(sources), std::move(parts), out, relu, LayerRole::kPlain, ""});
  }

  void start(const std::string& key, int stride, std::vector<int> sources, int out, const std::string& trunk) {
    add({key, 3, stride, std::move(sources), {0}, out, true, LayerRole::kStartTrunk, trunk});
  }

  void joined(const std::string& key, std::vector<int> sources, int out, const std::string& trunk) {
    add({key, 1, 1, std::move(sources), {0, 0}, out, true, LayerRole::kStartTrunk, trunk});
  }

  void merge(const std::string& module, int c, const std::string& trunk) {
    add({module + ".merge.main.0", 3, 1, {c}, {0}, c, false, LayerRole::kAddTrunk, trunk});
  }

  void stage(const std::string& name, int c) {
    for (int i = 0; i < n_; ++i) {
      const std::string block = name + ".layers." + std::to_string(i) + ".main.";
      plain(block + "0.main.0", 3, {c}, c, true);
      add({block + "1.main.0", 3, 1, {c}, {0}, c, false, LayerRole::kAddTrunk, name});
    }
  }

  void shallow(const std::string& module, int c) {
    plain(module + ".main.0.main.0", 3, {3}, c / 4, true);
    plain(module + ".main.1.main.0", 1, {c / 4}, c / 2, true);
    plain(module + ".main.2.main.0", 3, {c / 2}, c / 2, true);
    plain(module + ".main.3.main.0", 1, {c / 2}, c - 3, true);
    plain(module + ".conv.main.0", 1, {3, c - 3}, c, false);
  }

  void fuse(const std::string& module, std::vector<int> sources, std::vector<int> parts, int out) {
    add({module + ".conv.0.main.0", 1, 1, std::move(sources), std::move(parts), out, true, LayerRole::kPlain, ""});
    plain(module + ".conv.1.main.0", 3, {out}, out, false);
  }

  int n_, base_;
  std::vector<LayerSpec> layers_;
};

/// The two kernel positions of output phase p of a k4 s2 p1 transposed convolution, in order of rising input index:
/// out[2m] = w[3] in[m-1] + w[1] in[m]; out[2m+1] = w[2] in[m] + w[0] in[m+1].
constexpr int kPhaseTaps[2][2] = {{3, 1}, {2, 0}};

}  // namespace

int LayerSpec::inputChannels() const { return std::accumulate(sources.begin(), sources.end(), 0); }

int LayerSpec::parts() const {
  return transposed() ? 4 : *std::max_element(sourceParts.begin(), sourceParts.end()) + 1;
}

std::vector<LayerSpec> layersOf(const NetworkShape& shape) { return LayerTable(shape).build(); }

std::vector<WeightTap> tapsOf(const LayerSpec& layer, int part) {
  std::vector<WeightTap> taps;
  if (layer.transposed()) {
    for (int ky : kPhaseTaps[part / 2]) {
      for (int kx : kPhaseTaps[part % 2]) taps.push_back({0, ky, kx});
    }
    return taps;
  }
  for (int s = 0; s < static_cast<int>(layer.sources.size()); ++s) {
    if (layer.sourceParts[s] != part) continue;
    for (int k = 0; k < layer.kernel * layer.kernel; ++k) {
      taps.push_back({s, k / layer.kernel, k % layer.kernel});
    }
  }
  return taps;
}

std::string shapeError(const NetworkShape& shape) {
  if (shape.residualBlocks < 1 || shape.residualBlocks > kMaxResidualBlocks) {
    return "num_res is " + std::to_string(shape.residualBlocks) + ", expected 1 to " +
           std::to_string(kMaxResidualBlocks);
  }
  if (shape.baseWidth < 4 || shape.baseWidth > kMaxBaseWidth || shape.baseWidth % 4 != 0) {
    return "base is " + std::to_string(shape.baseWidth) + ", expected a multiple of 4 from 4 to " +
           std::to_string(kMaxBaseWidth);
  }
  return "";
}

}  // namespace perifocal
