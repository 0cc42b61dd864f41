#include "network/stage_digest.h"

#include <initializer_list>

#include "runtime/word_digest.h"

namespace perifocal {
namespace {

void addTensor(const Model& model, int index, WordDigest& digest) {
  const Tensor& tensor = model.graph().tensors[index];
  digest.addValues(tensor.kind, tensor.channels, tensor.scale, tensor.producer);
  if (tensor.kind == TensorKind::kCodes) digest.addValues(model.zeroOf(tensor));
}

void addLayer(const Model& model, int index, WordDigest& digest) {
  const LayerSpec& layer = model.graph().layers[index];
  const LayerNumbers& numbers = model.numbers(index);
  digest.addValues(layer.kernel, layer.stride, layer.out, layer.winograd);
  for (int channels : layer.sources) digest.addValues(channels);
  for (std::int32_t zero : numbers.inputZero) digest.addValues(zero);
  digest.addValues(numbers.outputZero, numbers.copyMultiplier, numbers.productMultiplier);
  for (int part = 0; part < layer.parts(); ++part) {
    const PackedPart& packed = model.part(index, part);
    digest.addValues(packed.weights, packed.bias, packed.multiplier);
  }
}

}  // namespace

std::uint64_t stageDigest(const Model& model, int stage) {
  const Stage& spec = model.graph().stages[stage];
  WordDigest digest;
  digest.addValues(spec.kind, spec.sourceCount, spec.addendCount, spec.layer, spec.part, spec.epilogue, spec.codes,
                   spec.trunk, spec.partial, spec.scale, spec.minRows);
  for (const StageInput& input : spec.inputs) {
    digest.addValues(input.tensor, input.map.kind, input.map.step, input.map.halo);
    addTensor(model, input.tensor, digest);
  }
  for (int tensor : {spec.codes, spec.trunk, spec.partial}) {
    if (tensor >= 0) addTensor(model, tensor, digest);
  }
  if (spec.layer >= 0) addLayer(model, spec.layer, digest);
  return digest.value();
}

}  // namespace perifocal
