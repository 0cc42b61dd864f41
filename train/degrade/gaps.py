"""Pixels that are missing of crops, and how a network sees what is left: as the engine shows it."""

import numpy as np
import torch

from .fill import fill

LEAST_SHARE = 0.25  # of the pixels that are there
ATTEMPTS = 20
HOLES, HOLE_RADIUS = (1, 4), (1.5, 48.0)
SPECKS, SPECK_SIDE = (3, 40), (1, 5)
BAND_WIDTH = (1.0, 60.0)  # px, where it does not reach the rim of the crop
WAVES, WAVE_LENGTH, WAVE_HEIGHT = (1, 4), (12.0, 90.0), (1.0, 10.0)
JITTER = 3  # px by which a ragged border is random from row to row


def gap_mask(kind, side, seed):
    """(side,side) bool, False where pixels are missing: of a kind of `KINDS`, the same for the same seed."""
    rng = np.random.default_rng(seed)
    for _ in range(ATTEMPTS):
        missing = KINDS[kind](side, rng)
        if missing.any() and missing.mean() <= 1 - LEAST_SHARE:
            return ~missing
    return np.ones((side, side), bool)


def valid_of(draws, side):
    """(N,1,side,side) bool of N `Degradation`, or None where no pixel of any is missing."""
    if not any(drawn.gap for drawn in draws):
        return None
    whole = np.ones((side, side), bool)
    masks = [gap_mask(drawn.gap, side, drawn.seed) if drawn.gap else whole for drawn in draws]
    return torch.from_numpy(np.stack(masks))[:, None]


def filled(images, valid):
    """(N,3,H,W) on the 8-bit grid, with what is not `valid` (N,1,H,W) filled as the engine fills it."""
    codes = torch.round(images * 255).byte().permute(0, 2, 3, 1).cpu().numpy()
    done = np.stack([fill(image, there) for image, there in zip(codes, valid[:, 0].cpu().numpy())])
    return torch.from_numpy(done).permute(0, 3, 1, 2).to(images) / 255


def _log_uniform(rng, low, high):
    return np.exp(rng.uniform(np.log(low), np.log(high)))


def _along_and_across(side, angle, rng):
    """Pixel coordinates along a border of this angle and across it, from a point of the crop."""
    rows, columns = np.mgrid[:side, :side] - rng.integers(0, side, (2, 1, 1))
    cosine, sine = np.round(np.cos(angle), 12), np.round(np.sin(angle), 12)
    return columns * cosine + rows * sine, rows * cosine - columns * sine


def _band(across, rng):
    """All beyond a border, or a band of it."""
    return (across >= 0) & (across < (np.inf if rng.random() < 0.6 else _log_uniform(rng, *BAND_WIDTH)))


def _straight(side, rng):
    return _band(_along_and_across(side, rng.integers(4) * np.pi / 2, rng)[1], rng)


def _slanted(side, rng):
    return _band(_along_and_across(side, rng.uniform(0, 2 * np.pi), rng)[1], rng)


def _ragged(side, rng):
    along, across = _along_and_across(side, rng.integers(4) * np.pi / 2 + rng.uniform(-0.4, 0.4), rng)
    for _ in range(rng.integers(*WAVES)):
        length, height = _log_uniform(rng, *WAVE_LENGTH), _log_uniform(rng, *WAVE_HEIGHT)
        across = across + height * np.sin(2 * np.pi * along / length + rng.uniform(0, 2 * np.pi))
    jitter = rng.integers(0, JITTER + 1, 4 * side) * (rng.random() < 0.5)
    return _band(across + jitter[np.floor(along).astype(int) + 2 * side], rng)


def _round(side, rng):
    rows, columns = np.mgrid[:side, :side]
    missing = np.zeros((side, side), bool)
    for _ in range(rng.integers(*HOLES)):
        row, column = rng.uniform(0, side, 2)
        missing |= (rows - row) ** 2 + (columns - column) ** 2 < _log_uniform(rng, *HOLE_RADIUS) ** 2
    return missing


def _specks(side, rng):
    missing = np.zeros((side, side), bool)
    for _ in range(rng.integers(*SPECKS)):
        (row, column), (height, width) = rng.integers(0, side, 2), rng.integers(*SPECK_SIDE, 2)
        missing[row : row + height, column : column + width] = True
    return missing


KINDS = {"straight": _straight, "slanted": _slanted, "ragged": _ragged, "round": _round, "specks": _specks}
