"""Degrades sharp crops as drawn: blur -> shot noise -> read noise -> 8-bit rounding -> JPEG -> missing pixels.

Where the config says so, crops are deconvolved after that.
"""

import dataclasses

import torch

from .blur import blur, cut, spin_blur
from .config import RIM
from .gaps import filled, valid_of
from .jpeg import jpeg
from .kernels import defocus_kernel, gaussian_kernel, motion_kernel, zoomed
from .noise import add_noise, quantise_8bit
from .wiener import regularisation, wiener


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
    if drawn.family == "measured":
        return zoomed(config.measured_tensors()[drawn.which], drawn.zoom)
    return torch.ones(1, 1)


def degrade(sharp, draws, margin, config=None):
    """Sharp crops (N,3,H,W) and N `Degradation` -> (N,3,H-2*margin,W-2*margin), on the device of `sharp`; no gaps.

    config: where the draws came from; needed for the samples of kernels, and for what happens after degrading.
    """
    if config is not None and config.deconvolved:
        return deconvolved(sharp, draws, margin, config)
    return torch.stack([crop for _, crop in _degraded(sharp, draws, margin, config)])


def _degraded(sharp, draws, margin, config):
    """Pairs (soft, finished) of crops that are blurred, and noise, rounding and compression added."""
    blurred = blur(sharp, [kernel_of(drawn, config) for drawn in draws], margin)
    for crop, soft, drawn in zip(sharp, blurred, draws):
        if drawn.family == "spin":
            soft = cut(spin_blur(crop[None], drawn.spin, drawn.centre), margin)[0]
        yield soft, _expose(soft, drawn)


def deconvolved(sharp, draws, margin, config):
    """What Wiener's filter makes of degraded crops, RIM px wider where their frame goes on: on the 8-bit grid."""
    done = []
    for (soft, seen), drawn in zip(_degraded(sharp, draws, margin - RIM, config), draws):
        told = told_kernel(drawn, config)
        noise = (seen - soft).square().mean().sqrt().item() * drawn.told_noise
        top, bottom, left, right = (0 if edge in drawn.edges else RIM for edge in "tblr")
        height, width = (side - 2 * RIM for side in seen.shape[-2:])
        frame = seen[:, RIM - top : RIM + height + bottom, RIM - left : RIM + width + right]
        restored = wiener(frame, told, regularisation(noise))
        done.append(quantise_8bit(restored[:, top : top + height, left : left + width]))
    return torch.stack(done)


def told_kernel(drawn, config=None):
    """The kernel that deconvolution is told, of a `Degradation`."""
    zoom = drawn.told_zoom
    assumed = dataclasses.replace(
        drawn,
        radius=drawn.radius * zoom,
        blur_sigma=drawn.blur_sigma * zoom,
        length=drawn.length * zoom,
        zoom=drawn.zoom * zoom,
        angle=drawn.angle + drawn.told_turn,
    )
    return kernel_of(assumed, config)


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
