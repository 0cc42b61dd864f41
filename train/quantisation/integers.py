"""Real weights and scales to the integers of a model file: the one place that rounds them.

Scales are float64 tensors that hold single-precision values. `rounding` is torch.round, or a straight-through
version of it when the codes have to carry gradients.
"""

import numpy as np
import torch

from ..network.graph import network
from .equalise import along
from .int_model import ACCUMULATOR_LIMIT, accumulator_bound

RESIDUAL_SCALE = float(np.float32(1 / 4080))
BIAS_CODE_LIMIT = 1 << 22
DTYPES = {"weight": torch.int8, "bias": torch.int32, "input_zero_point": torch.int32, "output_zero_point": torch.int32}


def single(values):
    """float64 values rounded to single precision, as float64."""
    return torch.as_tensor(values).float().double()


def folded_weight(spec, weight, grids):
    """float64 weights with the scale of each source relative to the first folded in."""
    scales = torch.stack([grids[source][0] for source in spec.sources])
    ratio = torch.repeat_interleave(scales / scales[0], torch.tensor(spec.widths))
    return weight.double() * along(ratio, 1 - spec.out_axis)


def weight_scales(spec, weight, bias, grids):
    """Smallest scale per output channel whose codes hold the largest weight and the bias."""
    axes = [axis for axis in range(4) if axis != spec.out_axis]
    bound = folded_weight(spec, weight, grids).abs().amax(dim=axes) / 127
    bound = torch.maximum(bound, bias.double().abs() / (grids[spec.sources[0]][0] * BIAS_CODE_LIMIT))
    return single(bound.clamp(min=1e-12))


def layer_integers(spec, weight, bias, scale, grids, rounding=torch.round):
    """Tensors of one layer, float64; keys without the layer's prefix. scale: of the weights, per output channel."""
    inputs = [grids[source] for source in spec.sources]
    output_scale, output_zero = (single(RESIDUAL_SCALE), 0) if spec.kind == "last" else grids[spec.key]
    codes = rounding(folded_weight(spec, weight, grids) / along(scale, spec.out_axis))
    return {
        "weight": codes.clamp(-127, 127),
        "weight_scale": scale,
        "bias": rounding(bias.double() / (inputs[0][0] * scale)),
        "input_scale": torch.stack([s for s, _ in inputs]),
        "input_zero_point": torch.tensor([z for _, z in inputs], dtype=torch.float64),
        "output_scale": output_scale.reshape(1),
        "output_zero_point": torch.tensor([output_zero], dtype=torch.float64),
    }


def model_integers(specs, weights, grids, trunks, rounding=torch.round):
    """All tensors of a model file, float64. weights: key -> (weight, bias, weight scale); trunks: stage -> scale."""
    tensors = {f"{stage}.trunk_scale": scale.reshape(1) for stage, scale in trunks.items()}
    for spec in specs:
        layer = layer_integers(spec, *weights[spec.key], grids, rounding)
        tensors.update({f"{spec.key}.{name}": values for name, values in layer.items()})
    return tensors


def to_file(tensors):
    """float64 tensors to the numpy arrays of a model file."""
    dtype = lambda name: DTYPES.get(name.rsplit(".", 1)[-1], torch.float32)
    return {name: values.detach().cpu().to(dtype(name)).numpy() for name, values in tensors.items()}


def from_file(tensors):
    """The inverse of `to_file`."""
    return {name: torch.from_numpy(np.ascontiguousarray(values)).double() for name, values in tensors.items()}


def check_bounds(tensors, num_res, base):
    """Raise unless every accumulator of a model file stays below 2^24, where float32 holds all integers."""
    for spec in network(num_res, base):
        zeros = np.repeat(tensors[f"{spec.key}.input_zero_point"], spec.widths)
        bound = accumulator_bound(tensors[f"{spec.key}.weight"], tensors[f"{spec.key}.bias"], zeros, spec.transposed)
        if bound.max() >= ACCUMULATOR_LIMIT:
            raise ValueError(
                f"{spec.key}: an accumulator can reach {bound.max()}, the limit is {ACCUMULATOR_LIMIT}: "
                f"reduce the weight codes of channel {int(bound.argmax())} (a larger weight_scale)"
            )
