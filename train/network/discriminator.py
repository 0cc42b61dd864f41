"""Three PatchGAN discriminators, one for each output of the generator, with self-attention (SAGAN, arXiv
1805.08318) and spectral normalisation (arXiv 1802.05957)."""

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

LEAK = 0.2
MIN_SIDE = 16  # px of the smallest input that leaves a patch to judge


def convolution(cin, cout, kernel, stride=1):
    return spectral_norm(nn.Conv2d(cin, cout, kernel, stride, padding=kernel // 2))


class SelfAttention(nn.Module):
    """y = gamma * (v A^T) + x with A = softmax(f^T g) over all positions; gamma starts at 0."""

    def __init__(self, channels):
        super().__init__()
        inner = max(1, channels // 8)
        self.query, self.key = convolution(channels, inner, 1), convolution(channels, inner, 1)
        self.value = convolution(channels, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        query, key, value = (layer(x).flatten(2) for layer in (self.query, self.key, self.value))
        attention = torch.softmax(query.transpose(1, 2) @ key, dim=-1)  # (N, position, its sources)
        return self.gamma * (value @ attention.transpose(1, 2)).view_as(x) + x


class PatchDiscriminator(nn.Module):
    """(N,6,H,W), an image and the degraded input beside it, to a map of scores; attention at 1/8 (1/4) resolution."""

    def __init__(self, width, halvings):
        super().__init__()
        widths = [6] + [width * 2**i for i in range(halvings + 1)]
        layers = []
        for cin, cout in zip(widths[:-2], widths[1:-1]):
            layers += [convolution(cin, cout, 4, 2), nn.LeakyReLU(LEAK)]
        layers += [SelfAttention(widths[-2]), convolution(widths[-2], widths[-1], 4), nn.LeakyReLU(LEAK)]
        self.layers = nn.Sequential(*layers, convolution(widths[-1], 1, 4))

    def forward(self, x):
        return self.layers(x)


class MultiScaleDiscriminator(nn.Module):
    """Judges [quarter, half, full] images, each beside the degraded input of its scale; returns three score maps."""

    def __init__(self, width=64):
        super().__init__()
        self.scales = nn.ModuleList([PatchDiscriminator(width, halvings) for halvings in (2, 3, 3)])

    def forward(self, images, degraded):
        if min(images[0].shape[-2:]) < MIN_SIDE:
            raise ValueError(
                f"quarter-scale images of {tuple(images[0].shape[-2:])} px: the GAN needs crops >= {4 * MIN_SIDE}"
            )
        return [d(torch.cat(pair, dim=1)) for d, pair in zip(self.scales, zip(images, pyramid(degraded)))]


def pyramid(images):
    """(N,3,H,W) -> [quarter, half, full] by area averaging."""
    return [F.avg_pool2d(images, 4), F.avg_pool2d(images, 2), images]
