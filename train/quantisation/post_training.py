"""Post-training quantisation of a float MIMO-UNet to the integer model of docs/model-format.md.

Cross-layer equalisation -> calibration -> integers -> bias correction.
"""

import copy

import torch

from ..network.graph import network
from .calibrate import calibrate, trunk_scales
from .equalise import equalise
from .int_model import IntModel
from .integers import model_integers, single, weight_scales
from .statistics import observe

CALIBRATION_BATCH = 16


class BiasCorrection(IntModel):
    """Runs the integer model once and shifts each bias so that mean pre-activations equal the float ones.

    Layers run in order, so each correction already sees the corrected layers before it.
    """

    def __init__(self, tensors, num_res, base, statistics):
        super().__init__(tensors, num_res, base)
        self.statistics = statistics

    def accumulate(self, key, x):
        accumulators = super().accumulate(key, x)
        step = self.tensors[f"{key}.input_scale"][0] * self.tensors[f"{key}.weight_scale"]
        mean = accumulators.double().mean(dim=(0, 2, 3))
        shift = torch.round(self.statistics.mean(key) / step - mean)
        self.tensors[f"{key}.bias"] = self.tensors[f"{key}.bias"] + shift
        return accumulators + shift.float().view(-1, 1, 1)


@torch.no_grad()
def quantise(model, crops, clipping="mse"):
    """Float model and calibration crops (N,3,H,W) in [0,1] on the 8-bit grid.

    Returns (tensors, equalised float model); tensors are those of a model file, float64 (integers.to_file).
    """
    model = copy.deepcopy(model).eval()
    specs = network(model.num_res, model.base)
    batches = crops.split(CALIBRATION_BATCH)
    equalise(model, observe(model, batches))
    statistics = observe(model, batches)
    grids = {name: (single(s), z) for name, (s, z) in calibrate(specs, statistics, clipping).items()}
    trunks = {stage: single(scale) for stage, scale in trunk_scales(specs, statistics).items()}
    layers = {spec.key: model.get_submodule(spec.key) for spec in specs}
    weights = {
        s.key: (c.weight, c.bias, weight_scales(s, c.weight, c.bias, grids)) for s in specs for c in [layers[s.key]]
    }
    tensors = model_integers(specs, weights, grids, trunks)
    correction = BiasCorrection(tensors, model.num_res, model.base, statistics)
    correction.residual(torch.round(crops * 255))
    return correction.tensors, model
