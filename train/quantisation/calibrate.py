"""Scales and zero points of the 8-bit tensors, and scales of the int16 trunks, from statistics."""

import numpy as np
import torch

from ..network.graph import IMAGE, PRODUCT

IMAGE_SCALE, IMAGE_ZERO = np.float32(1 / 255), -128
TRUNK_CODES = 8191  # the calibrated range takes a quarter of int16: headroom for unseen images
CLIP_FACTORS = np.array([1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.5, 0.4, 0.3])
PERCENTILE = 99.99


def affine(low, high):
    """(scale, zero point) of the 8-bit grid over [low, high], low <= 0 <= high; zero is representable."""
    scale = np.float32(max(high - low, 1e-6) / 255)
    return scale, int(np.clip(np.rint(-128 - low / scale), -128, 127))


def squared_error(samples, scale, zero):
    codes = np.clip(np.rint(samples / scale) + zero, -128, 127)
    return np.mean(((codes - zero) * scale - samples) ** 2)


def smallest_error(samples, extremes):
    """The (scale, zero point) that minimises the mean squared error over clipped ranges."""
    low, high = extremes
    lows = low * CLIP_FACTORS if low < 0 else np.zeros(1)
    grids = [affine(a, b) for a in lows for b in high * CLIP_FACTORS]
    return min(grids, key=lambda grid: squared_error(samples, *grid))


def percentile(samples, extremes):
    """The grid over the range that leaves out 0.01 % of the samples at each end."""
    low, high = np.percentile(samples, [100 - PERCENTILE, PERCENTILE])
    return affine(min(low, 0.0), max(high, 0.0))


CLIPPINGS = {"mse": smallest_error, "percentile": percentile}


def calibrate(specs, statistics, clipping="mse"):
    """Name of each 8-bit tensor -> (scale, zero point). ReLU outputs start at zero, with zero point -128."""
    names = [s.key for s in specs if s.kind != "last"] + [s.sources[0] for s in specs if s.sources[0].endswith(PRODUCT)]
    grids = {IMAGE: (IMAGE_SCALE, IMAGE_ZERO)}
    for name in names:
        samples = torch.cat(statistics.samples[name]).double().numpy()
        grids[name] = CLIPPINGS[clipping](samples, statistics.extremes[name])
    return grids


def trunk_scales(specs, statistics):
    """Stage -> scale of its int16 trunk; Encoder.2 and Decoder.0 share one trunk."""
    largest = {}
    for spec in specs:
        if spec.stage:
            low, high = statistics.extremes[spec.key]
            largest[spec.stage] = max(largest.get(spec.stage, 1e-6), -low, high)
    largest["Encoder.2"] = largest["Decoder.0"] = max(largest["Encoder.2"], largest["Decoder.0"])
    return {stage: np.float32(value / TRUNK_CODES) for stage, value in largest.items()}
