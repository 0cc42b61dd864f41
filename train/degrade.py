"""Synthetic defocus: blur -> shot noise -> read noise -> 8-bit quantisation.

Lengths are pixels, intensities are fractions of full scale, applied to the stored (8-bit) values.
"""

import math
from typing import NamedTuple

import torch
from torch.nn import functional as F

SUPERSAMPLING = 16  # sub-pixels per side when the coverage of a pixel by the disk is measured
GAUSSIAN_REACH = 3.0  # the Gaussian is cut at this many sigmas


class Defocus(NamedTuple):
    """What happens to one crop. radius 0 and blur_sigma 0 leave it sharp; electrons inf means no shot noise."""

    radius: float
    blur_sigma: float
    electrons: float
    noise_sigma: float


class DegradationRange(NamedTuple):
    """Where `draw` takes the parameters of a crop from; (low, high) pairs."""

    radius: tuple = (2.0, 6.0)
    blur_sigma: tuple = (0.0, 0.7)
    electrons: tuple = (2e4, 2e5)
    noise_sigma: tuple = (0.002, 0.010)
    identity_fraction: float = 0.05

    def margin(self):
        """Pixels by which a crop must exceed the output on each side."""
        return kernel_reach(self.radius[1], self.blur_sigma[1])


def draw(rng, limits):
    """One random `Defocus` (numpy generator): uniform blur, log-uniform noise."""
    log_uniform = lambda low, high: math.exp(rng.uniform(math.log(low), math.log(high)))
    radius, blur_sigma = rng.uniform(*limits.radius), rng.uniform(*limits.blur_sigma)
    electrons, noise_sigma = log_uniform(*limits.electrons), log_uniform(*limits.noise_sigma)
    if rng.random() < limits.identity_fraction:
        radius = blur_sigma = 0.0
    return Defocus(radius, blur_sigma, electrons, noise_sigma)


def kernel_reach(radius, blur_sigma):
    return math.ceil(radius + 0.5) + math.ceil(GAUSSIAN_REACH * blur_sigma)


def disk_kernel(radius):
    """Anti-aliased disk, odd size, float32, sum 1: each tap is the covered share of its pixel."""
    if radius <= 0:
        return torch.ones(1, 1)
    reach = math.ceil(radius + 0.5)
    size = 2 * reach + 1
    axis = (torch.arange(size * SUPERSAMPLING, dtype=torch.float64) + 0.5) / SUPERSAMPLING - size / 2
    inside = (axis[:, None] ** 2 + axis[None, :] ** 2 <= radius**2).double()
    coverage = F.avg_pool2d(inside[None, None], SUPERSAMPLING)[0, 0]
    return (coverage / coverage.sum()).float()


def gaussian_kernel(sigma):
    """Sampled Gaussian, odd size, float32, sum 1."""
    reach = math.ceil(GAUSSIAN_REACH * sigma)
    if reach == 0:
        return torch.ones(1, 1)
    axis = torch.arange(-reach, reach + 1, dtype=torch.float64)
    line = torch.exp(-0.5 * (axis / sigma) ** 2)
    line /= line.sum()
    return (line[:, None] * line[None, :]).float()


def defocus_kernel(radius, blur_sigma):
    """Disk convolved with a Gaussian (full convolution), sum 1."""
    disk, gauss = disk_kernel(radius), gaussian_kernel(blur_sigma)
    full = F.conv2d(disk[None, None], gauss.flip(0, 1)[None, None], padding=gauss.shape[0] - 1)
    return full[0, 0]


def blur(images, kernels, margin):
    """(N,C,H,W) with one odd square kernel per image -> (N,C,H-2m,W-2m), m = margin >= kernel reach."""
    height, width = images.shape[-2:]
    transfer = torch.stack([_centred(k, height, width) for k in kernels]).to(images.device)
    product = torch.fft.rfft2(images) * torch.fft.rfft2(transfer)[:, None]
    blurred = torch.fft.irfft2(product, s=(height, width))
    return blurred[..., margin : height - margin, margin : width - margin]


def _centred(kernel, height, width):
    """Kernel zero-padded to (height, width) with its centre at index (0, 0), circularly."""
    reach = kernel.shape[0] // 2
    if kernel.shape[0] > min(height, width):
        raise ValueError(f"kernel of {kernel.shape[0]} px does not fit an image of {height}x{width}; use larger crops")
    padded = F.pad(kernel, (0, width - kernel.shape[1], 0, height - kernel.shape[0]))
    return torch.roll(padded, (-reach, -reach), (0, 1))


def add_noise(images, electrons, noise_sigma, generator):
    """Poisson shot noise at `electrons` per full scale, then Gaussian read noise; both (N,) tensors."""
    column = lambda values: torch.as_tensor(values, dtype=images.dtype, device=images.device).view(-1, 1, 1, 1)
    full_well = column(electrons)
    finite = torch.isfinite(full_well)
    rate = torch.where(finite, images.clamp(min=0) * full_well, torch.zeros_like(images))
    shot = torch.where(finite, torch.poisson(rate, generator=generator) / full_well, images)
    gauss = torch.randn(images.shape, dtype=images.dtype, device=images.device, generator=generator)
    return shot + column(noise_sigma) * gauss


def quantise_8bit(images):
    """Clamp to [0,1] and round to multiples of 1/255."""
    return torch.round(images.clamp(0, 1) * 255) / 255


def degrade(sharp, params, margin, generator):
    """Sharp crops (N,3,H,W) and a list of N `Defocus` -> degraded crops (N,3,H-2*margin,W-2*margin)."""
    kernels = [defocus_kernel(p.radius, p.blur_sigma) for p in params]
    blurred = blur(sharp, kernels, margin)
    noisy = add_noise(blurred, [p.electrons for p in params], [p.noise_sigma for p in params], generator)
    return quantise_8bit(noisy)
