"""Losses of MIMO-UNet (arXiv 2108.05054, eq. 6-8): multi-scale L1 and frequency reconstruction."""

import torch
from torch.nn import functional as F

MSFR_WEIGHT = 0.1  # lambda of the paper


def label_pyramid(sharp):
    """(N,3,H,W) -> labels [quarter, half, full] by bilinear interpolation without antialiasing."""
    shrink = lambda factor: F.interpolate(sharp, scale_factor=factor, mode="bilinear", align_corners=False)
    return [shrink(0.25), shrink(0.5), sharp]


def content_loss(outputs, labels):
    """Sum over the scales of the mean absolute error."""
    return sum(F.l1_loss(out, label) for out, label in zip(outputs, labels))


def msfr_loss(outputs, labels):
    """Sum over the scales of the mean |.| over real and imaginary parts of the unnormalised FFT."""
    total = 0.0
    for out, label in zip(outputs, labels):
        spectrum = torch.fft.fft2((out - label).float())  # the FFT is linear: one instead of two
        total = total + torch.view_as_real(spectrum).abs().mean()
    return total


def restoration_loss(outputs, sharp):
    """content + 0.1 MSFR against the pyramid of `sharp` (N,3,H,W)."""
    labels = label_pyramid(sharp)
    return content_loss(outputs, labels) + MSFR_WEIGHT * msfr_loss(outputs, labels)
