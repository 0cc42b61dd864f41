"""Blurs images with kernels, and by rotation during the exposure."""

import math

import torch
from torch.nn import functional as F


def blur(images, kernels, margin):
    """(N,C,H,W) with one odd square kernel per image -> (N,C,H-2m,W-2m), m = margin >= kernel reach."""
    height, width = images.shape[-2:]
    transfer = torch.stack([centred(k, height, width) for k in kernels]).to(images.device)
    product = torch.fft.rfft2(images) * torch.fft.rfft2(transfer)[:, None]
    return cut(torch.fft.irfft2(product, s=(height, width)), margin)


def cut(images, margin):
    height, width = images.shape[-2:]
    return images[..., margin : height - margin, margin : width - margin]


def centred(kernel, height, width):
    """Kernel zero-padded to (height, width) with its centre at index (0, 0), circularly."""
    reach = kernel.shape[0] // 2
    if kernel.shape[0] > min(height, width):
        raise ValueError(f"kernel of {kernel.shape[0]} px does not fit an image of {height}x{width}; use larger crops")
    padded = F.pad(kernel, (0, width - kernel.shape[1], 0, height - kernel.shape[0]))
    return torch.roll(padded, (-reach, -reach), (0, 1))


def spin_blur(images, angle, centre):
    """Mean of (N,C,H,W) rotated by -angle/2 to angle/2 degrees about `centre`, (rows, columns) px from the middle.

    K = max(2, ceil(2 r |angle|)) poses, bilinear, r the largest distance to the centre: half a pixel from pose to
    pose. What turns in from outside is the border's value.
    """
    height, width = images.shape[-2:]
    rows = torch.arange(height, dtype=torch.float64) - (height - 1) / 2 - centre[0]
    columns = torch.arange(width, dtype=torch.float64) - (width - 1) / 2 - centre[1]
    turn = math.radians(angle)
    farthest = math.hypot(rows.abs().max(), columns.abs().max())
    poses = max(2, math.ceil(2 * farthest * abs(turn)))
    total = torch.zeros_like(images)
    for pose in range(poses):
        total += _rotated(images, rows, columns, turn * ((pose + 0.5) / poses - 0.5), centre)
    return total / poses


def _rotated(images, rows, columns, turn, centre):
    """Samples at the coordinates (rows x columns, relative to `centre`) turned by `turn` radians."""
    height, width = images.shape[-2:]
    y = math.sin(turn) * columns[None, :] + math.cos(turn) * rows[:, None] + centre[0]
    x = math.cos(turn) * columns[None, :] - math.sin(turn) * rows[:, None] + centre[1]
    grid = torch.stack([x * 2 / width, y * 2 / height], dim=-1).to(images)  # align_corners=False
    grid = grid[None].expand(images.shape[0], -1, -1, -1)
    return F.grid_sample(images, grid, padding_mode="border", align_corners=False)
