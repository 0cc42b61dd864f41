"""Noise of a sensor and its 8-bit converter. Intensities are fractions of full scale."""

import math

import torch


def add_noise(image, electrons, noise_sigma, generator):
    """Poisson shot noise at `electrons` per full scale (inf: none), then Gaussian read noise."""
    if math.isfinite(electrons):
        image = torch.poisson(image.clamp(min=0) * electrons, generator=generator) / electrons
    if noise_sigma == 0:
        return image
    return image + noise_sigma * torch.randn(image.shape, dtype=image.dtype, device=image.device, generator=generator)


def quantise_8bit(images):
    """Clamp to [0,1] and round to multiples of 1/255."""
    return torch.round(images.clamp(0, 1) * 255) / 255
