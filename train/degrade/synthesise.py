"""Degrades sharp crops as drawn: blur -> shot noise -> read noise -> 8-bit rounding -> JPEG -> missing pixels."""

import torch

from .blur import blur, cut, spin_blur
from .gaps import filled, valid_of
from .jpeg import jpeg
from .kernels import defocus_kernel, gaussian_kernel, motion_kernel, zoomed
from .noise import add_noise, quantise_8bit


def kernel_of(drawn, config=None):
    """The kernel of a `Degradation`; spin and identity have the kernel of one tap."""
    if drawn.family == "defocus":
        return defocus_kernel(drawn.radius, drawn.blur_sigma, drawn.ratio, drawn.angle)
    if drawn.family == "gaussian":
        return gaussian_kernel(drawn.blur_sigma, drawn.ratio, drawn.angle)
    if drawn.family == "motion":
        return motion_kernel(drawn.length, drawn.angle)
    if drawn.family == "kernel":
        return zoomed(config.kernel_tensor(), drawn.zoom)
    return torch.ones(1, 1)


def degrade(sharp, draws, margin, config=None):
    """Sharp crops (N,3,H,W) and N `Degradation` -> (N,3,H-2*margin,W-2*margin), on the device of `sharp`; no gaps.

    config: where the draws came from; needed for the samples of the family "kernel".
    """
    blurred = blur(sharp, [kernel_of(drawn, config) for drawn in draws], margin)
    finished = [
        _expose(
            cut(spin_blur(crop[None], drawn.spin, drawn.centre), margin)[0] if drawn.family == "spin" else soft, drawn
        )
        for crop, soft, drawn in zip(sharp, blurred, draws)
    ]
    return torch.stack(finished)


def degrade_with_gaps(sharp, draws, margin, config=None):
    """What `degrade` gives, with the gaps as drawn, filled; and (N,1,H,W) bool of what is there, None where all is."""
    degraded = degrade(sharp, draws, margin, config)
    valid = valid_of(draws, degraded.shape[-1])
    return (degraded, None) if valid is None else (filled(degraded, valid), valid.to(degraded.device))


def _expose(image, drawn):
    """Noise, rounding and compression of one blurred crop (3,H,W)."""
    generator = torch.Generator(image.device).manual_seed(drawn.seed)
    image = quantise_8bit(add_noise(image, drawn.electrons, drawn.noise_sigma, generator))
    return jpeg(image, drawn.jpeg_quality, drawn.chroma_halved) if drawn.jpeg_quality else image
