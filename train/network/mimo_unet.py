"""MIMO-UNet in float, key-compatible with the official code.

Network: Cho et al., "Rethinking Coarse-to-Fine Approach in Single Image Deblurring",
arXiv 2108.05054. Module names follow its public source, so that state-dict keys are the same.
"""

import torch
from torch import nn
from torch.nn import functional as F

RESBLOCK_INIT_GAIN = 0.1  # last conv of each ResBlock; keeps a norm-free net stable above lr 2e-4


class BasicConv(nn.Module):
    """Convolution (or transposed convolution) with bias, then ReLU if asked."""

    def __init__(self, cin, cout, kernel, stride=1, relu=True, transpose=False):
        super().__init__()
        if transpose:
            conv = nn.ConvTranspose2d(cin, cout, kernel, stride, padding=kernel // 2 - 1)
        else:
            conv = nn.Conv2d(cin, cout, kernel, stride, padding=kernel // 2)
        self.main = nn.Sequential(conv, nn.ReLU(inplace=True)) if relu else nn.Sequential(conv)

    def forward(self, x):
        return self.main(x)


class ResBlock(nn.Module):
    """conv3x3(ReLU(conv3x3(x))) + x; no activation after the add."""

    def __init__(self, channels):
        super().__init__()
        self.main = nn.Sequential(BasicConv(channels, channels, 3), BasicConv(channels, channels, 3, relu=False))

    def forward(self, x):
        return self.main(x) + x


class Stage(nn.Module):
    """n ResBlocks in a row (EBlock and DBlock of the paper)."""

    def __init__(self, channels, num_res):
        super().__init__()
        self.layers = nn.Sequential(*[ResBlock(channels) for _ in range(num_res)])

    def forward(self, x):
        return self.layers(x)


class SCM(nn.Module):
    """Shallow convolution module: features of a downsampled image, (N,3,H,W) -> (N,C,H,W)."""

    def __init__(self, channels):
        super().__init__()
        quarter, half = channels // 4, channels // 2
        self.main = nn.Sequential(
            BasicConv(3, quarter, 3),
            BasicConv(quarter, half, 1),
            BasicConv(half, half, 3),
            BasicConv(half, channels - 3, 1),
        )
        self.conv = BasicConv(channels, channels, 1, relu=False)

    def forward(self, x):
        return self.conv(torch.cat([x, self.main(x)], dim=1))


class FAM(nn.Module):
    """Feature attention module: a + conv3x3(a * b)."""

    def __init__(self, channels):
        super().__init__()
        self.merge = BasicConv(channels, channels, 3, relu=False)

    def forward(self, a, b):
        return a + self.merge(a * b)


class AFF(nn.Module):
    """Asymmetric feature fusion: conv3x3(ReLU(conv1x1(concat of the three scales)))."""

    def __init__(self, cin, cout):
        super().__init__()
        self.conv = nn.Sequential(BasicConv(cin, cout, 1), BasicConv(cout, cout, 3, relu=False))

    def forward(self, full, half, quarter):
        return self.conv(torch.cat([full, half, quarter], dim=1))


def upsample(x, factor):
    return F.interpolate(x, scale_factor=factor, mode="nearest")


def downsample(x, factor):
    """Nearest: out[r] = in[factor * r]."""
    return x[..., ::factor, ::factor]


class MIMOUNet(nn.Module):
    """MIMO-UNet with `num_res` ResBlocks per stage (8: MIMO-UNet, 20: MIMO-UNet+) and width `base`.

    forward: (N,3,H,W) in [0,1], H and W multiples of 4, to [quarter, half, full] images.
    """

    def __init__(self, num_res=8, base=32):
        super().__init__()
        if base % 8:
            raise ValueError(f"base is {base}, expected a multiple of 8 (SCM2 splits it by 2)")
        self.num_res, self.base = num_res, base
        c1, c2, c4 = base, 2 * base, 4 * base
        self.Encoder = nn.ModuleList([Stage(c, num_res) for c in (c1, c2, c4)])
        self.feat_extract = nn.ModuleList(
            [
                BasicConv(3, c1, 3),
                BasicConv(c1, c2, 3, stride=2),
                BasicConv(c2, c4, 3, stride=2),
                BasicConv(c4, c2, 4, stride=2, transpose=True),
                BasicConv(c2, c1, 4, stride=2, transpose=True),
                BasicConv(c1, 3, 3, relu=False),
            ]
        )
        self.Decoder = nn.ModuleList([Stage(c, num_res) for c in (c4, c2, c1)])
        self.Convs = nn.ModuleList([BasicConv(2 * c2, c2, 1), BasicConv(2 * c1, c1, 1)])
        self.ConvsOut = nn.ModuleList([BasicConv(c4, 3, 3, relu=False), BasicConv(c2, 3, 3, relu=False)])
        self.AFFs = nn.ModuleList([AFF(7 * base, c1), AFF(7 * base, c2)])
        self.FAM1, self.SCM1 = FAM(c4), SCM(c4)
        self.FAM2, self.SCM2 = FAM(c2), SCM(c2)

    def forward(self, x):
        if x.shape[-1] % 4 or x.shape[-2] % 4:
            raise ValueError(f"input is {tuple(x.shape[-2:])}, expected height and width in multiples of 4; pad it")
        x_2, x_4 = downsample(x, 2), downsample(x, 4)
        z2, z4 = self.SCM2(x_2), self.SCM1(x_4)

        res1 = self.Encoder[0](self.feat_extract[0](x))
        res2 = self.Encoder[1](self.FAM2(self.feat_extract[1](res1), z2))
        z = self.Encoder[2](self.FAM1(self.feat_extract[2](res2), z4))

        skip2 = self.AFFs[1](downsample(res1, 2), res2, upsample(z, 2))
        skip1 = self.AFFs[0](res1, upsample(res2, 2), upsample(z, 4))

        z = self.Decoder[0](z)
        quarter = self.ConvsOut[0](z) + x_4
        z = self.Convs[0](torch.cat([self.feat_extract[3](z), skip2], dim=1))
        z = self.Decoder[1](z)
        half = self.ConvsOut[1](z) + x_2
        z = self.Convs[1](torch.cat([self.feat_extract[4](z), skip1], dim=1))
        z = self.Decoder[2](z)
        return [quarter, half, self.feat_extract[5](z) + x]


def initialise(model, generator):
    """He-normal weights, zero biases, small last convs of ResBlocks and image heads (in place)."""
    last_of_block = {m.main[1].main[0] for m in model.modules() if isinstance(m, ResBlock)}
    heads = {m.main[0] for m in [*model.ConvsOut, model.feat_extract[5]]}
    for conv in model.modules():
        if not isinstance(conv, (nn.Conv2d, nn.ConvTranspose2d)):
            continue
        taps = conv.weight[0, 0].numel() / (conv.stride[0] ** 2 if conv.transposed else 1)
        gain = RESBLOCK_INIT_GAIN if conv in last_of_block or conv in heads else 1.0
        std = gain * (2.0 / (conv.in_channels * taps)) ** 0.5
        with torch.no_grad():
            conv.weight.normal_(0.0, std, generator=generator)
            conv.bias.zero_()
    return model


def count_parameters(model):
    return sum(p.numel() for p in model.parameters())
