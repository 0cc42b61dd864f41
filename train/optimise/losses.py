"""Losses. Restoration: MIMO-UNet (arXiv 2108.05054, eq. 6-8); adversarial: hinge (arXiv 1705.02894)."""

import torch
from torch import nn
from torch.nn import functional as F

from ..network.missing import missing_pixels, there

MSFR_WEIGHT = 0.1  # lambda of the paper
MEAN_WEIGHT = 1.0
RANGE_WEIGHT, RANGE_SIDE = 4.0, 5
BOTTLENECK_WEIGHT = 0.1  # of the distilled features against the distilled outputs


def label_pyramid(sharp):
    """(N,3,H,W) -> labels [quarter, half, full] by bilinear interpolation without antialiasing."""
    shrink = lambda factor: F.interpolate(sharp, scale_factor=factor, mode="bilinear", align_corners=False)
    return [shrink(0.25), shrink(0.5), sharp]


def content_loss(outputs, labels):
    """Sum over the scales of the mean absolute error."""
    return sum(F.l1_loss(out.float(), label) for out, label in zip(outputs, labels))


def msfr_loss(outputs, labels):
    """Sum over the scales of the mean |.| over real and imaginary parts of the unnormalised FFT."""
    total = 0.0
    for out, label in zip(outputs, labels):
        spectrum = torch.fft.fft2(out.float() - label)  # the FFT is linear: one instead of two
        total = total + torch.view_as_real(spectrum).abs().mean()
    return total


def mean_loss(outputs, labels):
    """Sum over the scales of the mean absolute error of each channel's mean.

    Blur keeps means, but the pixels' absolute errors ask for medians, which lie below the means of bright roofs.
    """
    return sum((out.float() - label).mean((2, 3)).abs().mean() for out, label in zip(outputs, labels))


def range_loss(outputs, labels):
    """Sum over the scales of how far pixels leave the range of their label's 5x5 neighbourhood: halos along edges."""
    beyond = lambda out, label: F.relu(out - _highest_near(label)) + F.relu(-out - _highest_near(-label))
    return sum(beyond(out.float(), label).mean() for out, label in zip(outputs, labels))


def _highest_near(image):
    """Maximum over RANGE_SIDE x RANGE_SIDE pixels, on CPUs ten times faster than max_pool2d."""
    padded = F.pad(image, [RANGE_SIDE // 2] * 4, mode="replicate")
    return padded.unfold(2, RANGE_SIDE, 1).amax(-1).unfold(3, RANGE_SIDE, 1).amax(-1)


def restoration_loss(outputs, labels):
    """Weighted sum of the losses above, of images at the same scales as their labels, full single precision."""
    weighted = ((1.0, content_loss), (MSFR_WEIGHT, msfr_loss), (MEAN_WEIGHT, mean_loss), (RANGE_WEIGHT, range_loss))
    return sum(weight * loss(outputs, labels) for weight, loss in weighted)


def perceptual_loss(features, restored, sharp):
    """Mean absolute difference of the normalised features (network/vgg.py), summed over the layers."""
    with torch.no_grad():
        wanted = features(sharp)
    return sum(F.l1_loss(got, want) for got, want in zip(features(restored.float()), wanted))


def discriminator_loss(real, fake):
    """Hinge: scores of real images above 1, of restored ones below -1; summed over the scales."""
    return sum(F.relu(1 - r).mean() + F.relu(1 + f).mean() for r, f in zip(real, fake))


def generator_loss(fake):
    """Minus the mean score of the restored images, summed over the scales."""
    return -sum(f.mean() for f in fake)


class Distillation(nn.Module):
    """A teacher's outputs, and its bottleneck (end of the encoder) through a trained 1x1 convolution.

    The bottleneck alone: distilling the decoder too amplified errors (arXiv 2603.09624).
    """

    def __init__(self, teacher, student):
        super().__init__()
        self.teacher = [teacher.eval().requires_grad_(False)]  # in a list: no part of state_dict
        self.adapter = nn.Conv2d(4 * student.base, 4 * teacher.base, 1)
        self.seen = {}
        for name, network in (("teacher", teacher), ("student", student)):
            network.Encoder[2].register_forward_hook(
                lambda _, given, output, name=name: self.seen.update({name: output})
            )

    def forward(self, degraded, outputs, valid=None):
        """Loss of the student's `outputs`, made from `degraded` just before, where `valid` pixels are there."""
        with torch.no_grad(), missing_pixels(self.teacher[0], valid):
            taught = [out.float() for out in self.teacher[0](degraded)]
        taught = there(taught, [out.detach() for out in outputs], valid)
        features = F.l1_loss(self.adapter(self.seen["student"]).float(), self.seen["teacher"].float())
        return restoration_loss(outputs, taught) + BOTTLENECK_WEIGHT * features
