"""Post-training quantisation of a float MIMO-UNet to the integer model of docs/model-format.md.

Cross-layer equalisation -> calibration by mean squared error -> integer tensors -> bias correction.
"""

import copy

import numpy as np
import torch

from .graph import IMAGE, PRODUCT, equalisable_pairs, network
from .int_model import ACCUMULATOR_LIMIT, IntModel, accumulator_bound
from .model import FAM, BasicConv, ResBlock

IMAGE_SCALE, IMAGE_ZERO = np.float32(1 / 255), -128
RESIDUAL_SCALE = np.float32(1 / 4080)
TRUNK_CODES = 8191  # the calibrated range takes a quarter of int16: headroom for unseen images
EQUALISATION_FLOOR = 1e-2  # weakest channel relative to the strongest: bounds the factors to 10
CLIP_FACTORS = np.array([1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.4, 0.3])
SAMPLES_PER_BATCH = 8192  # values kept of each tensor and batch
BIAS_CODE_LIMIT = 1 << 22


def conv_of(model, key):
    return model.get_submodule(key)


def out_axis(spec):
    return 1 if spec.transposed else 0


def _along(values, axis):
    """(C,) -> shape that multiplies a 4-d weight along `axis`."""
    shape = [1, 1, 1, 1]
    shape[axis] = -1
    return values.view(shape)


def written_tensors(model):
    """(name, module, is_input): whose output (or input) is the 8-bit tensor `name` of the integer model."""
    for name, module in model.named_modules():
        if isinstance(module, ResBlock):
            yield f"{name}.main.1.main.0", module, False
        elif isinstance(module, FAM):
            yield f"{name}.merge.main.0", module, False
            yield f"{name}.merge.main.0{PRODUCT}", module.merge, True
        elif isinstance(module, BasicConv) and not name.endswith(".merge") and not _is_block_end(name):
            yield f"{name}.main.0", module, False


def _is_block_end(name):
    return ".layers." in name and name.endswith(".main.1")


class Statistics:
    """What calibration must know of the float network, gathered by hooks over batches of crops."""

    def __init__(self, model):
        self.samples, self.extremes, self.channel_max, self.means, self.pixels = {}, {}, {}, {}, {}
        self._handles = []
        self._random = torch.Generator().manual_seed(0)
        for name, module, is_input in written_tensors(model):
            self._watch(module, lambda given, output, name=name, i=is_input: self._tensor(name, given if i else output))
        for name, module in model.named_modules():
            if isinstance(module, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
                self._watch(module, lambda given, output, name=name: self._preactivation(name, output))

    def _watch(self, module, record):
        hook = lambda _, given, output: record(given[0], output)
        self._handles.append(module.register_forward_hook(hook))

    def _tensor(self, name, values):
        flat = values.flatten()
        picks = torch.randint(flat.numel(), (SAMPLES_PER_BATCH,), generator=self._random)
        self.samples.setdefault(name, []).append(flat[picks].clone())
        low, high = self.extremes.get(name, (0.0, 0.0))
        self.extremes[name] = (min(low, flat.min().item()), max(high, flat.max().item()))
        strongest = values.abs().amax(dim=(0, 2, 3))
        self.channel_max[name] = torch.maximum(strongest, self.channel_max.get(name, strongest))

    def _preactivation(self, name, values):
        count = values.shape[0] * values.shape[2] * values.shape[3]
        self.means[name] = self.means.get(name, 0.0) + values.double().sum(dim=(0, 2, 3))
        self.pixels[name] = self.pixels.get(name, 0) + count

    def mean(self, key):
        """Mean pre-activation per output channel, float64."""
        return (self.means[key] / self.pixels[key]).numpy()

    def close(self):
        for handle in self._handles:
            handle.remove()


@torch.no_grad()
def observe(model, batches):
    """Statistics of `model` over an iterable of (N,3,H,W) degraded crops."""
    statistics = Statistics(model)
    for batch in batches:
        model(batch)
    statistics.close()
    return statistics


@torch.no_grad()
def equalise(model, statistics):
    """Balance hidden channels in place: activation range against the weight that reads it.

    Exact for the float network (ReLU is positively homogeneous). Weights have a scale per output
    channel, so what counts of the consumer is its weight relative to the largest of the same output.
    """
    for producer, consumer, first in equalisable_pairs(network(model.num_res, model.base)):
        source, reader = conv_of(model, producer.key), conv_of(model, consumer.key)
        in_axis = 1 - out_axis(consumer)
        strength = reader.weight.abs().amax(dim=(2, 3))
        strength = strength.transpose(0, 1) if consumer.transposed else strength  # (out, in)
        strength = strength / strength.amax(dim=1, keepdim=True).clamp(min=1e-12)
        weight_range = _floored(strength.amax(dim=0)[first : first + producer.out])
        activation_range = _floored(statistics.channel_max[producer.key])
        factor = torch.sqrt(activation_range / weight_range)
        source.weight /= _along(factor, out_axis(producer))
        source.bias /= factor
        reader.weight.narrow(in_axis, first, producer.out).mul_(_along(factor, in_axis))


def _floored(values):
    return values.clamp(min=max(EQUALISATION_FLOOR * values.max().item(), 1e-12))


def affine(low, high):
    """(scale, zero point) of the 8-bit grid over [low, high], low <= 0 <= high; zero is representable."""
    scale = np.float32(max(high - low, 1e-6) / 255)
    return scale, int(np.clip(np.rint(-128 - low / scale), -128, 127))


def squared_error(samples, scale, zero):
    codes = np.clip(np.rint(samples / scale) + zero, -128, 127)
    return np.mean(((codes - zero) * scale - samples) ** 2)


def best_affine(samples, extremes):
    """The (scale, zero point) that minimises the mean squared error over clipped ranges."""
    low, high = extremes
    lows = low * CLIP_FACTORS if low < 0 else np.zeros(1)
    grids = [affine(a, b) for a in lows for b in high * CLIP_FACTORS]
    return min(grids, key=lambda grid: squared_error(samples, *grid))


def calibrate(specs, statistics):
    """Name of each 8-bit tensor -> (scale, zero point)."""
    names = [s.key for s in specs if s.kind != "last"] + [s.sources[0] for s in specs if s.sources[0].endswith(PRODUCT)]
    grids = {IMAGE: (IMAGE_SCALE, IMAGE_ZERO)}
    for name in names:
        samples = torch.cat(statistics.samples[name]).double().numpy()
        grids[name] = best_affine(samples, statistics.extremes[name])
    return grids


def trunk_scales(specs, statistics):
    """Stage -> scale of its int16 trunk; Encoder.2 and Decoder.0 share one trunk."""
    largest = {}
    for spec in specs:
        if spec.stage:
            low, high = statistics.extremes[spec.key]
            largest[spec.stage] = max(largest.get(spec.stage, 1e-6), -low, high)
    largest["Encoder.2"] = largest["Decoder.0"] = max(largest["Encoder.2"], largest["Decoder.0"])
    return {stage: np.float32(value / TRUNK_CODES) for stage, value in largest.items()}


def quantise_layer(spec, weight, bias, grids):
    """Integer tensors of one layer from float64 arrays; keys without the layer's prefix."""
    scales = np.array([grids[s][0] for s in spec.sources], np.float32)
    zeros = np.array([grids[s][1] for s in spec.sources], np.int32)
    axis = out_axis(spec)
    ratio = np.repeat(scales.astype(np.float64) / np.float64(scales[0]), spec.widths)
    weight = weight * np.expand_dims(ratio, tuple(i for i in range(4) if i != 1 - axis))
    bound = np.abs(weight).max(axis=tuple(i for i in range(4) if i != axis)) / 127
    bound = np.maximum(bound, np.abs(bias) / (np.float64(scales[0]) * BIAS_CODE_LIMIT))
    weight_scale = np.maximum(bound, 1e-12).astype(np.float32)
    column = np.expand_dims(weight_scale.astype(np.float64), tuple(i for i in range(4) if i != axis))
    codes = np.clip(np.rint(weight / column), -127, 127).astype(np.int8)
    bias_codes = np.rint(bias / (np.float64(scales[0]) * weight_scale)).astype(np.int32)
    return {
        "weight": codes,
        "weight_scale": weight_scale,
        "bias": bias_codes,
        "input_scale": scales,
        "input_zero_point": zeros,
    }


def build(model, specs, grids, trunks):
    """All tensors of the model file, before bias correction."""
    tensors = {f"{stage}.trunk_scale": np.array([scale], np.float32) for stage, scale in trunks.items()}
    for spec in specs:
        conv = conv_of(model, spec.key)
        layer = quantise_layer(spec, conv.weight.detach().double().numpy(), conv.bias.detach().double().numpy(), grids)
        scale, zero = (RESIDUAL_SCALE, 0) if spec.kind == "last" else grids[spec.key]
        layer["output_scale"], layer["output_zero_point"] = np.array([scale], np.float32), np.array([zero], np.int32)
        tensors.update({f"{spec.key}.{name}": values for name, values in layer.items()})
    return tensors


class BiasCorrection(IntModel):
    """Runs the integer model once and shifts each bias so that mean pre-activations equal the float ones.

    Layers run in order, so each correction already sees the corrected layers before it.
    """

    def __init__(self, tensors, num_res, base, statistics):
        super().__init__(tensors, num_res, base)
        self.statistics = statistics

    def accumulate(self, key, x):
        accumulators = super().accumulate(key, x)
        step = np.float64(self.scalar(f"{key}.input_scale")) * self.tensors[f"{key}.weight_scale"].astype(np.float64)
        mean = accumulators.double().mean(dim=(0, 2, 3)).numpy()
        shift = np.rint(self.statistics.mean(key) / step - mean).astype(np.int32)
        self.tensors[f"{key}.bias"] = self.tensors[f"{key}.bias"] + shift
        return accumulators + torch.from_numpy(shift.astype(np.float32)).view(-1, 1, 1)


def check_bounds(tensors, specs):
    """Raise unless every accumulator stays below 2^24, where float32 holds all integers."""
    for spec in specs:
        zeros = np.repeat(tensors[f"{spec.key}.input_zero_point"], spec.widths)
        bound = accumulator_bound(tensors[f"{spec.key}.weight"], tensors[f"{spec.key}.bias"], zeros, spec.transposed)
        if bound.max() >= ACCUMULATOR_LIMIT:
            raise ValueError(
                f"{spec.key}: an accumulator can reach {bound.max()}, the limit is {ACCUMULATOR_LIMIT}: "
                f"reduce the weight codes of channel {int(bound.argmax())} (a larger weight_scale)"
            )


def quantise(model, crops, batch=16):
    """Float model and calibration crops (N,3,H,W) in [0,1] on the 8-bit grid -> tensors of a model file."""
    model = copy.deepcopy(model).eval()
    specs = network(model.num_res, model.base)
    batches = crops.split(batch)
    equalise(model, observe(model, batches))
    statistics = observe(model, batches)
    tensors = build(model, specs, calibrate(specs, statistics), trunk_scales(specs, statistics))
    BiasCorrection(tensors, model.num_res, model.base, statistics).residual(torch.round(crops * 255).to(torch.uint8))
    check_bounds(tensors, specs)
    return tensors
