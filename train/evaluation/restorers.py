"""Ways to restore an image: functions from (H,W,3) uint8 to uint8, or to floats in [0,1]."""

import shlex
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ..data.images import read_image
from ..network.weights import load_float, read_tensors
from ..quantisation.int_model import IntModel, to_padded_batch
from ..quantisation.integers import from_file

ENGINE = "node dist/cli/main.js"


def as_floats(image):
    """What a restorer returned, as floats in [0,1]."""
    return image / 255 if image.dtype == np.uint8 else image


@torch.no_grad()
def restore_float(model, image):
    """(H,W,3) uint8 -> float32 in [0,1]."""
    device = next(model.parameters()).device
    batch = to_padded_batch(image).float().contiguous(memory_format=torch.channels_last) / 255
    full = model(batch.to(device))[2][0, :, : image.shape[0], : image.shape[1]]
    return full.permute(1, 2, 0).clamp(0, 1).cpu().numpy()


def run_engine(command, image, arguments):
    """Restores through `<command> <arguments with in and out files>`: arguments(source, target) -> list."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.png"), Path(folder, "out.png")
        Image.fromarray(image).save(source)
        done = subprocess.run(
            [*shlex.split(command), *arguments(str(source), str(target))], capture_output=True, text=True
        )
        if done.returncode:
            raise RuntimeError(f"{command} failed with status {done.returncode}: {done.stderr.strip()}")
        return read_image(target)


def restore_native(command, model_file, image, valid=None):
    """valid: (H,W) bool, False where pixels are missing; None: all are there."""
    model = ["--model", str(Path(model_file).resolve()), "--quiet"]
    with tempfile.TemporaryDirectory() as folder:
        mask = Path(folder, "mask.png")
        if valid is not None:
            Image.fromarray(np.uint8(valid) * 255).save(mask)
        known = [] if valid is None else ["--mask", str(mask)]
        return run_engine(command, image, lambda source, target: ["restore", source, "-o", target, *model, *known])


def simulation(tensors, metadata):
    """The integer model of a file (name -> numpy array) in PyTorch."""
    return IntModel(from_file(tensors), int(metadata["num_res"]), int(metadata["base"]))


def restorers_of(weights=None, model_file=None, simulate=False, engine=None):
    """Name -> function, in the order of the table: float weights, integer simulation, native engine."""
    found = {}
    if weights:
        model = load_float(weights)[0].to("cuda" if torch.cuda.is_available() else "cpu")
        found["float"] = lambda image: restore_float(model, image)
    if model_file and simulate:
        found["int8 simulated"] = simulation(*read_tensors(model_file)).restore
    if model_file and engine:
        found["int8"] = lambda image: restore_native(engine, model_file, image)
    return found
