"""Restoring with a kernel that is told, rightly or wrongly: conditions, and ways to restore.

A way is a function (image, kernel, noise) -> (H,W,3) uint8, or floats in [0,1].
"""

from typing import NamedTuple

import numpy as np
import torch

from ..degrade.kernels import disk_kernel, motion_kernel
from ..degrade.noise import quantise_8bit
from ..degrade.wiener import regularisation, wiener
from ..network.weights import load_float, read_tensors
from . import classical
from .conditions import Condition
from .restorers import restore_float, restore_native, simulation

NOISE = 0.005
RADII, LENGTHS, ANGLE = (2.5, 4.0, 5.5, 8.0, 10.0), (6.0, 12.0, 20.0), 30.0
WRONG_ZOOM, WRONG_TURN = 1.05, 2.0  # radius 5 % too large; degrees


class Told(NamedTuple):
    """What happened to a scene, and the kernel that a way is told instead of the true one."""

    condition: Condition
    wrong: torch.Tensor


def standard():
    disks = [Told(Condition(f"R {r:g}", disk_kernel(r), NOISE), disk_kernel(r * WRONG_ZOOM)) for r in RADII]
    return disks + [
        Told(Condition(f"motion {n:g}", motion_kernel(n, ANGLE), NOISE), motion_kernel(n, ANGLE + WRONG_TURN))
        for n in LENGTHS
    ]


def filtered(image, kernel, noise):
    """(H,W,3) uint8 -> what Wiener's filter makes of it, uint8: what the refiner is given."""
    planes = torch.from_numpy(image).permute(2, 0, 1).float() / 255
    restored = quantise_8bit(wiener(planes, kernel, regularisation(noise)))
    return np.rint(restored.permute(1, 2, 0).numpy() * 255).astype(np.uint8)


def ways(weights=None, model=None, engine=None):
    """Name -> way, in the order of the table. engine: its command; without, the integers are simulated."""
    found = {"input": lambda image, kernel, noise: image, "Wiener": filtered}
    if engine:
        found["hyper-Laplacian"] = lambda image, kernel, noise: classical.deconvolve(engine, image, kernel, [])
    if weights:
        network = load_float(weights)[0]
        found["float"] = lambda *told: restore_float(network, filtered(*told))
    if model and engine:
        found["int8"] = lambda *told: restore_native(engine, model, filtered(*told))
    elif model:
        integers = simulation(*read_tensors(model))
        found["int8"] = lambda *told: integers.restore(filtered(*told))
    return found
