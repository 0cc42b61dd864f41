"""Make a model keep the mean of smooth scenes: python -m train.neutral MODEL...

Quantisation leaves a residual of some hundredths of a level where there is nothing to restore. The middle of its range
over grey ramps is taken off the biases of the last layer, channel by channel. Overwrites the model file.
"""

import argparse

import numpy as np
import torch

from .evaluation.restorers import simulation
from .network.weights import read_tensors, write_tensors
from .quantisation.integers import RESIDUAL_SCALE

RAMPS = ((0, 255, 512), (255, 0, 512), (0, 255, 256), (100, 110, 512), (20, 40, 512), (200, 220, 512))
BREADTH = 40  # pixels across
LAST = "feat_extract.5.main.0"


def ramps():
    """(1,3,H,W) uint8 tensors: grey, along rows and along columns."""
    for low, high, length in RAMPS:
        levels = torch.from_numpy(np.rint(np.linspace(low, high, length)).astype(np.uint8))
        across = levels.expand(1, 3, BREADTH, length)
        yield from (across, across.transpose(2, 3))


@torch.no_grad()
def ramp_response(model):
    """Per channel the middle between the least and the largest mean residual of an `IntModel`, in steps of 1/4080."""
    means = torch.stack([model.residual(ramp)[0].double().mean((1, 2)) for ramp in ramps()])
    return (means.amin(0) + means.amax(0)) / 2


def neutral(tensors, metadata):
    """The tensors of a model file with the response to ramps taken off; and that response."""
    response = ramp_response(simulation(tensors, metadata)).numpy()
    step = tensors[f"{LAST}.input_scale"][0].astype(np.float64) * tensors[f"{LAST}.weight_scale"]
    shift = np.rint(response * RESIDUAL_SCALE / step).astype(np.int32)
    return {**tensors, f"{LAST}.bias": tensors[f"{LAST}.bias"] - shift}, response


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.neutral", description=__doc__)
    parser.add_argument("models", nargs="+", help="model files (safetensors)")
    for path in parser.parse_args(argv).models:
        tensors, metadata = read_tensors(path)
        changed, response = neutral(tensors, metadata)
        write_tensors(path, changed, metadata)
        print(f"{path}: took off {', '.join(f'{value / 16:.3f}' for value in response)} levels")


if __name__ == "__main__":
    main()
