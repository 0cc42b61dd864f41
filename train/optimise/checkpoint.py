"""Checkpoints: plain containers and tensors, written beside the old one and renamed."""

import pickle

import torch

from ..network.weights import replace_file

CHECKPOINT = "checkpoint.pt"
BEFORE_GAN = "psnr.pt"  # the averaged weights at the start of the GAN phase


def save_checkpoint(state, path):
    replace_file(path, lambda file: torch.save(state, file))


def load_checkpoint(path):
    """A checkpoint of this package, on the CPU. It is the user's own file: NumPy's random state needs full pickle."""
    try:
        return torch.load(path, map_location="cpu", weights_only=False)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(f"{path} is no checkpoint ({error}): remove it to start again") from error


def check_shape(state, num_res, base, path):
    wanted = {"num_res": num_res, "base": base}
    if state["config"] != wanted:
        raise ValueError(f"{path} holds {state['config']}, the command asks for {wanted}: use another --run")
