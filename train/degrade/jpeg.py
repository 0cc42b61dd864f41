"""What baseline JPEG does to an image (ITU-T T.81 and T.871), on the device, without the entropy coding."""

import math

import torch
from torch.nn import functional as F

# T.81 Annex K, tables K.1 and K.2.
LUMINANCE = """
16 11 10 16 24 40 51 61  12 12 14 19 26 58 60 55  14 13 16 24 40 57 69 56  14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77  24 35 55 64 81 104 113 92  49 64 78 87 103 121 120 101  72 92 95 98 112 100 103 99"""
CHROMINANCE = (
    """
17 18 24 47 99 99 99 99  18 21 26 66 99 99 99 99  24 26 56 99 99 99 99 99  47 66 99 99 99 99 99 99
"""
    + "99 " * 32
)

TO_YCC = [[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]]
TO_RGB = [[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]]


def quantisation_table(text, quality):
    """(8,8) steps at `quality` 1..100, scaled as libjpeg does."""
    base = torch.tensor([int(value) for value in text.split()], dtype=torch.float32).view(8, 8)
    scale = 5000 / quality if quality < 50 else 200 - 2 * quality
    return torch.floor((base * scale + 50) / 100).clamp(1, 255)


def jpeg(image, quality, chroma_halved=True):
    """(3,H,W) on the 8-bit grid in [0,1] -> the same after coding and decoding; 4:2:0 or 4:4:4."""
    height, width = image.shape[-2:]
    unit = 16 if chroma_halved else 8
    padded = F.pad(image[None] * 255, (0, -width % unit, 0, -height % unit), mode="replicate")[0]
    ycc = torch.einsum("ij,jhw->ihw", padded.new_tensor(TO_YCC), padded) - padded.new_tensor([128.0, 0, 0]).view(
        3, 1, 1
    )
    luminance = _code(ycc[:1], quantisation_table(LUMINANCE, quality))
    chroma = F.avg_pool2d(ycc[1:], 2) if chroma_halved else ycc[1:]
    chroma = _code(chroma, quantisation_table(CHROMINANCE, quality))
    if chroma_halved:
        chroma = F.interpolate(chroma[None], scale_factor=2, mode="bilinear", align_corners=False)[0]
    ycc = torch.cat([luminance + 128, chroma])
    rgb = torch.einsum("ij,jhw->ihw", padded.new_tensor(TO_RGB), ycc)
    return torch.round(rgb[:, :height, :width]).clamp(0, 255) / 255


def _code(planes, table):
    """Rounds the DCT coefficients of each 8x8 block of (C,H,W) to multiples of `table`."""
    basis, table = dct_matrix().to(planes), table.to(planes)
    count, height, width = planes.shape
    blocks = planes.view(count, height // 8, 8, width // 8, 8).transpose(2, 3)
    coefficients = basis @ torch.round(blocks) @ basis.T
    decoded = basis.T @ (torch.round(coefficients / table) * table) @ basis
    decoded = torch.round(decoded).clamp(-128, 127)
    return decoded.transpose(2, 3).reshape(count, height, width)


def dct_matrix():
    """(8,8) orthonormal DCT-II."""
    index = torch.arange(8, dtype=torch.float64)
    matrix = torch.cos(math.pi / 8 * (index[None] + 0.5) * index[:, None]) / 2
    matrix[0] /= math.sqrt(2)
    return matrix.float()
