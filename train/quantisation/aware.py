"""Quantisation-aware training: the integer model itself, with roundings that let gradients through.

Learned step sizes (LSQ, arXiv 1902.08153) come by themselves: the scales are parameters of the same arithmetic. The
codes of the forward pass are the ones that are exported.
"""

import torch
from torch import nn
from tqdm import tqdm

from ..network.graph import IMAGE, PRODUCT, network
from ..network.missing import blocks_of, there
from .calibrate import IMAGE_SCALE, IMAGE_ZERO
from .int_model import FINE_STEPS, IntModel
from .integers import model_integers, single, weight_scales

WEIGHT_LR = 1e-5
SCALE_LR = 1e-4  # of the logarithms of the scales
FROZEN_SHARE = 1 / 3  # of the run at its end: scales stay
MAX_GRADIENT_NORM = 1.0


class RoundThrough(torch.autograd.Function):
    """Rounds half to even; the gradient passes unchanged."""

    @staticmethod
    def forward(ctx, x):
        return torch.round(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


class SingleThrough(torch.autograd.Function):
    """Rounds float64 to single precision, as float64; the gradient passes unchanged."""

    @staticmethod
    def forward(ctx, x):
        return single(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient


def _dots(name):
    return name.replace(".", "/")  # parameter names may hold no dot


class FakeQuantised(nn.Module):
    """Real weights and logarithms of scales; forward: degraded crops on the 8-bit grid -> restored crops.

    Starts as the integers of `quantise` (post_training.py): tensors and the equalised float model.
    """

    def __init__(self, tensors, model):
        super().__init__()
        self.num_res, self.base = model.num_res, model.base
        self.specs = network(model.num_res, model.base)
        self.zeros = {IMAGE: IMAGE_ZERO}
        self.weights, self.biases, self.logs = nn.ParameterDict(), nn.ParameterDict(), nn.ParameterDict()
        for spec in self.specs:
            step = tensors[f"{spec.key}.input_scale"][0] * tensors[f"{spec.key}.weight_scale"]
            self.weights[_dots(spec.key)] = nn.Parameter(model.get_submodule(spec.key).weight.detach().clone())
            self.biases[_dots(spec.key)] = nn.Parameter((tensors[f"{spec.key}.bias"] * step).detach())
            if spec.kind != "last":
                self._add_grid(spec.key, tensors[f"{spec.key}.output_scale"], tensors[f"{spec.key}.output_zero_point"])
            if spec.sources[0].endswith(PRODUCT):
                inputs = (tensors[f"{spec.key}.input_scale"], tensors[f"{spec.key}.input_zero_point"])
                self._add_grid(spec.sources[0], *inputs)
        self.trunks = {name[: -len(".trunk_scale")]: value[0] for name, value in tensors.items() if "trunk" in name}

    def _add_grid(self, name, scale, zero):
        self.logs[_dots(name)] = nn.Parameter(scale[0].detach().log())
        self.zeros[name] = int(zero[0])

    def tensors(self):
        """The tensors of a model file as they stand now, float64, with gradients."""
        grids = {
            name: (SingleThrough.apply(self.logs[_dots(name)].exp()), z)
            for name, z in self.zeros.items()
            if name != IMAGE
        }
        grids[IMAGE] = (single(IMAGE_SCALE), IMAGE_ZERO)
        weights = {}
        for spec in self.specs:
            weight, bias = self.weights[_dots(spec.key)], self.biases[_dots(spec.key)]
            with torch.no_grad():  # the largest weight of a channel sets its scale, which has no gradient
                scale = weight_scales(spec, weight, bias, grids)
            weights[spec.key] = weight, bias, scale
        return model_integers(self.specs, weights, grids, self.trunks, RoundThrough.apply)

    def forward(self, degraded, valid=None):
        codes = torch.round(degraded * 255)
        model = IntModel(self.tensors(), self.num_res, self.base, RoundThrough.apply)
        fine = model.residual(codes, blocks_of(valid))
        return (codes + fine / FINE_STEPS) / 255


def refine(tensors, model, batches, loss, iterations):
    """Trains for `iterations` on `batches`, endless, of degraded and sharp crops and what of them is there.

    loss: function of lists of restored and sharp images. Returns the tensors of a model file.
    """
    quantised = FakeQuantised(tensors, model)
    values = [*quantised.weights.values(), *quantised.biases.values()]
    groups = [{"params": values, "lr": WEIGHT_LR}, {"params": list(quantised.logs.values()), "lr": SCALE_LR}]
    optimiser = torch.optim.Adam(groups)
    for iteration in tqdm(range(iterations), unit="it"):
        if iteration >= iterations * (1 - FROZEN_SHARE):
            quantised.logs.requires_grad_(False)
        degraded, sharp, valid = next(batches)
        value = loss(there([quantised(degraded, valid)], [sharp], valid), [sharp])
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        norm = nn.utils.clip_grad_norm_(quantised.parameters(), MAX_GRADIENT_NORM)
        if not torch.isfinite(norm):
            raise FloatingPointError(
                f"loss {value.item()}, gradient norm {norm} at iteration {iteration}: export without --qat"
            )
        optimiser.step()
    with torch.no_grad():
        return quantised.tensors()
