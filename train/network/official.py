"""Imports checkpoints of the public MIMO-UNet code: python -m train.network.official NET.pkl -o WEIGHTS.safetensors

Both forms of torch.save are read, the legacy stream and the zip archive; of pickle only tensors and containers
are executed. Continue with python -m train.export --float.
"""

import argparse
import pickle
import re

import torch

from .mimo_unet import MIMOUNet
from .weights import save_float

BLOCK_KEY = re.compile(r"Encoder\.0\.layers\.(\d+)\.")
FIRST_WEIGHT = "feat_extract.0.main.0.weight"
WRAPPER = "module."  # prefix of keys saved from nn.DataParallel


def load_official(path):
    """MIMOUNet from a .pkl that holds a state dict, bare or under "model"."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is no checkpoint of tensors ({str(error).splitlines()[0]})") from error
    state = content.get("model", content) if isinstance(content, dict) else None
    if not isinstance(state, dict) or not all(torch.is_tensor(value) for value in state.values()):
        raise ValueError(f"{path} holds no state dict: expected {{'model': state_dict}} or a bare one")
    state = {key.removeprefix(WRAPPER): value.float() for key, value in state.items()}
    blocks = [int(m[1]) for m in map(BLOCK_KEY.match, state) if m]
    if not blocks or FIRST_WEIGHT not in state:
        raise ValueError(f"{path} has no {FIRST_WEIGHT} or no Encoder.0.layers: expected the keys of MIMO-UNet")
    model = MIMOUNet(max(blocks) + 1, state[FIRST_WEIGHT].shape[0])
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise ValueError(f"{path} is no MIMO-UNet of {model.num_res} blocks and base {model.base}: {error}") from error
    return model.eval()


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.network.official", description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args(argv)
    save_float(
        args.output, load_official(args.checkpoint), {"training": '{"origin": "imported checkpoint"}'}, half=False
    )


if __name__ == "__main__":
    main()
