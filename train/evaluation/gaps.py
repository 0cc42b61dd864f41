"""What a restorer gains beside pixels that are missing, and what it gains there where nothing is missing."""

import numpy as np
import torch

from .conditions import degraded
from .metrics import psnr
from .restorers import as_floats

NEAR, FAR = 8, 32  # px from what is missing
RIM = 8  # px of the frame that do not count

# What is there, by rows and columns of pixels: on the right of a border, or outside a hole.
BORDERS = {
    "straight": lambda row, column: column >= 40,
    "slanted": lambda row, column: column * np.cos(0.4) + row * np.sin(0.4) >= 60,
    "hole of radius 40 px": lambda row, column: (row - 128) ** 2 + (column - 100) ** 2 >= 40**2,
    "ragged": lambda row, column: column >= 40 + 10 * np.sin(row / 7) + row / 4,
}


def gains(scenes, restore, condition):
    """Rows of {scene, border, near, there, far}, in dB.

    near, far: the gain within 8 px of what is missing, and farther than 32 px; there: the gain of the former pixels
    where nothing is missing. scenes: name -> (H,W,3) uint8, at least 160 px a side; restore(image, valid) -> image,
    valid: (H,W) bool or None.
    """
    rows = []
    for name, sharp in scenes.items():
        blurred = degraded(sharp, condition)
        whole = restore(blurred, None)
        for border, is_there in BORDERS.items():
            valid = is_there(*np.mgrid[: sharp.shape[0], : sharp.shape[1]])
            restored = restore(blurred, valid)
            near, far = _places(valid)
            figures = {
                "near": _gain(restored, blurred, sharp, near),
                "there": _gain(whole, blurred, sharp, near),
                "far": _gain(restored, blurred, sharp, far),
            }
            rows.append({"scene": name, "border": border, **figures})
    return rows


def _gain(restored, blurred, sharp, place):
    """dB that an image is nearer to the truth than another, where `place` is set."""
    before, after = (psnr(as_floats(image)[place], sharp[place] / 255, border=0) for image in (blurred, restored))
    return after - before


def _places(valid):
    """Masks of the pixels near what is missing, and of those far from it."""
    inner = np.zeros_like(valid)
    inner[RIM:-RIM, RIM:-RIM] = True
    return valid & inner & _within(NEAR, valid), valid & inner & ~_within(FAR, valid)


def _within(radius, valid):
    """Where a missing pixel is at most `radius` px away."""
    rows, columns = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    disk = torch.from_numpy(rows**2 + columns**2 <= radius**2).float()
    missing = torch.from_numpy(~valid).float()
    reached = torch.nn.functional.conv2d(missing[None, None], disk[None, None], padding=radius)
    return reached[0, 0].numpy() > 0.5


def means(rows):
    """The same of all scenes together."""
    of = lambda border, key: float(np.mean([row[key] for row in rows if row["border"] == border]))
    return [{"scene": "mean", "border": b, **{key: of(b, key) for key in ("near", "there", "far")}} for b in BORDERS]


def markdown(rows):
    lines = [f"| {r['scene']} | {r['border']} | {r['near']:.2f} | {r['there']:.2f} | {r['far']:.2f} |" for r in rows]
    return "\n".join(["| scene | border | gain | there | far |", "|---|---|---|---|---|", *lines])
