"""Blur kernels: square, odd side, float32, sum 1. Lengths in px; angles in degrees from the axis of columns, down."""

import math
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

SUPERSAMPLING = 16  # sub-pixels per side when the coverage of a pixel by the disk is measured
GAUSSIAN_REACH = 3.0  # the Gaussian is cut at this many sigmas
MAX_KERNEL_SIDE = 129


def kernel_reach(radius, blur_sigma):
    """Pixels from the centre to the last tap of a disk of `radius` convolved with a Gaussian."""
    return math.ceil(radius + 0.5) * (radius > 0) + math.ceil(GAUSSIAN_REACH * blur_sigma)


def disk_kernel(radius, ratio=1.0, angle=0.0):
    """Anti-aliased disk, or ellipse with semi-axes radius and radius / ratio, ratio >= 1: each tap is the covered
    share of its pixel."""
    if radius <= 0:
        return torch.ones(1, 1)
    reach = math.ceil(radius + 0.5)
    size = 2 * reach + 1
    axis = (torch.arange(size * SUPERSAMPLING, dtype=torch.float64) + 0.5) / SUPERSAMPLING - size / 2
    along, across = _rotated(axis, angle)
    inside = (along**2 + (across * ratio) ** 2 <= radius**2).double()
    return normalised(F.avg_pool2d(inside[None, None], SUPERSAMPLING)[0, 0])


def gaussian_kernel(sigma, ratio=1.0, angle=0.0):
    """Sampled Gaussian with deviations sigma and sigma / ratio, ratio >= 1."""
    reach = math.ceil(GAUSSIAN_REACH * sigma)
    if reach == 0:
        return torch.ones(1, 1)
    along, across = _rotated(torch.arange(-reach, reach + 1, dtype=torch.float64), angle)
    return normalised(torch.exp(-0.5 * (along**2 + (across * ratio) ** 2) / sigma**2))


def defocus_kernel(radius, blur_sigma, ratio=1.0, angle=0.0):
    """Disk or ellipse convolved with a Gaussian core (full convolution)."""
    return convolved(disk_kernel(radius, ratio, angle), gaussian_kernel(blur_sigma))


def motion_kernel(length, angle):
    """Uniform motion along a centred segment: each tap is the share of the segment inside its pixel, exactly."""
    reach = math.ceil(length / 2)
    step = np.array([math.cos(math.radians(angle)), math.sin(math.radians(angle))]) * length
    borders = np.arange(-reach - 0.5, reach + 1)
    cuts = [(borders / s + 0.5) for s in step if abs(s) > 1e-9]  # the segment is (t - 1/2) * step, t in 0..1
    times = np.unique(np.clip(np.concatenate([[0.0, 1.0], *cuts]), 0, 1))
    middles = ((times[1:] + times[:-1]) / 2 - 0.5)[:, None] * step
    columns, rows = (np.rint(middles).astype(int) + reach).T
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1))
    np.add.at(kernel, (rows, columns), np.diff(times))
    return normalised(torch.from_numpy(kernel))


def zoomed(kernel, factor):
    """The kernel of the same optics with `factor` times the blur (bilinear resampling about the centre)."""
    side = math.ceil(kernel.shape[0] // 2 * max(factor, 1)) * 2 + 1
    axis = (torch.arange(side, dtype=torch.float64) - side // 2) / factor / (kernel.shape[0] / 2)
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)[None]
    return normalised(F.grid_sample(kernel.double()[None, None], grid, align_corners=False)[0, 0])


def read_kernel(path):
    """An estimated kernel from a picture or an .npy array: negative values cut, centred on its centroid, sum 1."""
    try:
        values = np.load(path, allow_pickle=False) if Path(path).suffix == ".npy" else _grey(path)
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot read the kernel {path} ({error}): expected a picture or an .npy array") from error
    values = np.asarray(values, np.float64)
    if values.ndim != 2 or max(values.shape) > MAX_KERNEL_SIDE or not np.isfinite(values).all():
        raise ValueError(f"{path} holds {values.shape}: expected a finite 2-d array of at most {MAX_KERNEL_SIDE} px")
    values = np.clip(values, 0, None)
    if values.sum() <= 0:
        raise ValueError(f"{path} has no positive value: expected a blur kernel")
    return normalised(torch.from_numpy(_centred_square(values)))


def read_kernels(folder):
    """The kernels of all files of a folder, pictures and .npy arrays, in the order of their names."""
    kernels = [read_kernel(path) for path in sorted(Path(folder).iterdir())]
    if not kernels:
        raise ValueError(f"{folder} holds no file: expected pictures or .npy arrays of kernels")
    return kernels


def _grey(path):
    from ..data.images import read_bands

    return read_bands(path).mean(axis=2)


def _centred_square(values):
    """Odd square array with the pixel nearest to the centroid of `values` in its middle."""
    rows, columns = np.nonzero(values)
    centre = [int(np.rint((index * values[rows, columns]).sum() / values.sum())) for index in (rows, columns)]
    reach = max(int(np.abs(index - c).max()) for index, c in zip((rows, columns), centre))
    square = np.zeros((2 * reach + 1, 2 * reach + 1))
    square[rows - centre[0] + reach, columns - centre[1] + reach] = values[rows, columns]
    return square


def convolved(a, b):
    """Full convolution of two kernels."""
    return F.conv2d(a[None, None], b.flip(0, 1)[None, None], padding=b.shape[0] - 1)[0, 0]


def normalised(kernel):
    return (kernel / kernel.sum()).float()


def _rotated(axis, angle):
    """Coordinates (along, across) a direction on the square grid of `axis`."""
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    rows, columns = axis[:, None], axis[None, :]
    return columns * cosine + rows * sine, rows * cosine - columns * sine
