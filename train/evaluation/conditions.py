"""Degraded versions of sharp scenes, the same in every run."""

import itertools
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from ..data.images import read_image
from ..degrade.blur import blur
from ..degrade.jpeg import jpeg
from ..degrade.kernels import disk_kernel, zoomed
from ..degrade.noise import add_noise, quantise_8bit

SEED = 2024
RADII = (2.5, 4.0, 5.5)
NOISES = (0.002, 0.005, 0.010)


class Condition(NamedTuple):
    """A blur, its noise and the quality of JPEG, 0 for none. kernel: (K,K) tensor, sum 1, odd."""

    name: str
    kernel: torch.Tensor
    noise: float
    jpeg_quality: int = 0


def defocus(radius, noise):
    return Condition(f"R {radius:g}", disk_kernel(radius), noise)


def standard():
    return [defocus(*pair) for pair in itertools.product(RADII, NOISES)]


def headline():
    return [defocus(4.0, 0.005)]


def characterised(kernel, noise, zooms=(0.85, 1.0, 1.15)):
    """A camera's own kernel and what it may become."""
    return [Condition(f"kernel x {zoom:g}", zoomed(kernel, zoom), noise) for zoom in zooms]


def compressed(condition, quality):
    """The condition seen by a camera that compresses, 4:2:0."""
    return condition._replace(name=f"{condition.name}, JPEG {quality}", jpeg_quality=quality)


def degraded(sharp, condition, seed=SEED):
    """(H,W,3) uint8 -> blurred, noisy, compressed uint8 of the same size (edges reflected before the blur)."""
    margin = condition.kernel.shape[0] // 2
    wide = np.pad(sharp, ((margin, margin), (margin, margin), (0, 0)), mode="reflect")
    batch = torch.from_numpy(wide).permute(2, 0, 1)[None].float() / 255
    soft = blur(batch, [condition.kernel], margin)
    noisy = add_noise(soft, math.inf, condition.noise, torch.Generator().manual_seed(seed))
    seen = quantise_8bit(noisy)[0]
    if condition.jpeg_quality:
        seen = jpeg(seen, condition.jpeg_quality)
    return (seen.permute(1, 2, 0) * 255).round().byte().numpy()


def load_scenes(folder, pattern="s2_*", size=None):
    """Name -> uint8 scene; the central square of `size` px, or all."""
    files = sorted(Path(folder).glob(pattern))
    if not files:
        raise FileNotFoundError(f"no {pattern} in {folder}: expected the sharp validation scenes there")
    return {path.stem: centre(read_image(path), size) for path in files}


def centre(image, size):
    """The central (size, size) part, or all of it where `size` is None."""
    if size is None:
        return image
    top, left = (max(0, (side - size) // 2) for side in image.shape[:2])
    return image[top : top + size, left : left + size]
