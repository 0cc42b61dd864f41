"""Integer simulation of a model file, bit for bit as docs/model-format.md states it.

The oracle for native engines. Tensors hold centred codes q - z (or trunk codes t) as float32. Every
accumulator and every partial sum of it stays below 2^24 (`accumulator_bound`), so float32 convolutions
give the exact integers, whatever the order of summation.
"""

import numpy as np
import torch
from torch.nn import functional as F

from ..degrade.fill import fill
from ..network.graph import FAM_FACTORS, network, resblock_key
from ..network.mimo_unet import downsample, upsample
from ..network.missing import blocks_of, cleared
from .neutrality import neutral

ACCUMULATOR_LIMIT = 1 << 24  # int32 -> float32 is exact below it
FINE_STEPS = 16  # residual steps per 8-bit level: feat_extract.5 writes steps of 1/4080
FINE_LIMIT = 8191


def accumulator_bound(weight, bias, zero_points, transposed=False):
    """Largest |accumulator| or partial sum of any output channel.

    weight: int codes in PyTorch order; zero_points: per input channel. For a transposed convolution all
    taps are counted, four times more than one output ever uses.
    """
    taps = np.asarray(weight, dtype=np.int64)
    taps = taps.transpose(1, 0, 2, 3) if transposed else taps
    taps = taps.reshape(taps.shape[0], len(zero_points), -1)
    positive, negative = np.clip(taps, 0, None).sum(2), np.clip(-taps, 0, None).sum(2)
    above, below = 127 - np.asarray(zero_points, np.int64), 128 + np.asarray(zero_points, np.int64)
    largest = np.maximum(positive @ above + negative @ below, negative @ above + positive @ below)
    return largest + np.abs(np.asarray(bias, np.int64))


def multiplier(first, *rest, over):
    """f32(first * rest... / over), in double precision from left to right; (C,1,1) float32 tensor."""
    product = first
    for factor in rest:
        product = product * factor
    return (product / over).float().view(-1, 1, 1)


class IntModel:
    """Runs the tensors of a model file, as float64 (integers.from_file), on 8-bit images.

    rounding: torch.round, or a straight-through version of it for training.
    """

    def __init__(self, tensors, num_res, base, rounding=torch.round):
        self.tensors, self.num_res, self.rounding, self.blocks = dict(tensors), num_res, rounding, None
        self.specs = {spec.key: spec for spec in network(num_res, base)}
        self.weights = {k: tensors[f"{k}.weight"].float() for k in self.specs}

    def scalar(self, name):
        return self.tensors[name][0]

    def output_zero(self, key):
        return int(self.scalar(f"{key}.output_zero_point"))

    def accumulate(self, key, x):
        """bias + sum w * (q - z) for centred codes x: exact integers in float32."""
        spec, weight, x = self.specs[key], self.weights[key], cleared(x, self.blocks)
        bias = self.tensors[f"{key}.bias"].float().view(-1, 1, 1)
        if spec.transposed:
            return F.conv_transpose2d(x, weight, None, spec.stride, padding=1) + bias
        return F.conv2d(x, weight, None, spec.stride, padding=weight.shape[-1] // 2) + bias

    def requantise(self, key, x, target):
        """rne(f32(acc) * m) of the layer `key` on centred input codes."""
        scale = multiplier(self.scalar(f"{key}.input_scale"), self.tensors[f"{key}.weight_scale"], over=target)
        return self.rounding(self.accumulate(key, x) * scale)

    def plain(self, key, x):
        zero = self.output_zero(key)
        low = zero if self.specs[key].relu else -128
        q = self.requantise(key, x, self.scalar(f"{key}.output_scale"))
        return q.clamp(low - zero, 127 - zero)

    def trunk_copy(self, key, trunk):
        """The centred 8-bit copy that `key` makes of its trunk."""
        trunk_scale = self.scalar(f"{self.specs[key].stage}.trunk_scale")
        ratio = multiplier(trunk_scale, over=self.scalar(f"{key}.output_scale"))
        zero = self.output_zero(key)
        return self.rounding(trunk * ratio).clamp(-128 - zero, 127 - zero)

    def start(self, key, x):
        """Begin a trunk: (t, copy)."""
        target = self.scalar(f"{self.specs[key].stage}.trunk_scale")
        trunk = self.requantise(key, x, target).clamp(0, 32767)
        return trunk, self.trunk_copy(key, trunk)

    def add(self, key, trunk, x):
        """Add to a trunk: (t, copy)."""
        target = self.scalar(f"{self.specs[key].stage}.trunk_scale")
        trunk = (trunk + self.requantise(key, x, target)).clamp(-32768, 32767)
        return trunk, self.trunk_copy(key, trunk)

    def product(self, key, a, b):
        """Centred product of the two factors of a FAM."""
        scales = [self.scalar(f"{factor}.output_scale") for factor in FAM_FACTORS[key]]
        ratio = multiplier(*scales, over=self.scalar(f"{key}.input_scale"))
        zero = int(self.scalar(f"{key}.input_zero_point"))
        return self.rounding(a * b * ratio).clamp(-128 - zero, 127 - zero)

    def stage(self, stage, trunk, copy):
        for block in range(self.num_res):
            hidden = self.plain(resblock_key(stage, block, 0), copy)
            trunk, copy = self.add(resblock_key(stage, block, 1), trunk, hidden)
        return trunk, copy

    def scm(self, name, image):
        x = image
        for i in range(4):
            x = self.plain(f"{name}.main.{i}.main.0", x)
        return self.plain(f"{name}.conv.main.0", torch.cat([image, x], dim=1))

    def fam(self, key, trunk, a, b):
        return self.add(key, trunk, self.product(key, a, b))

    def fuse(self, index, full, half, quarter):
        x = self.plain(f"AFFs.{index}.conv.0.main.0", torch.cat([full, half, quarter], dim=1))
        return self.plain(f"AFFs.{index}.conv.1.main.0", x)

    def residual(self, image, blocks=None):
        """(N,3,H,W) of 8-bit values, sides multiples of 4 -> residual in steps of 1/4080, same shape; all float32.

        blocks: (N,1,H/4,W/4), 0 where nothing is there (network/missing.py).
        """
        self.blocks = blocks
        x = image.float().contiguous(memory_format=torch.channels_last)  # u8 = q - z
        z2, z4 = self.scm("SCM2", downsample(x, 2)), self.scm("SCM1", downsample(x, 4))

        _, res1 = self.stage("Encoder.0", *self.start("feat_extract.0.main.0", x))
        trunk, copy = self.start("feat_extract.1.main.0", res1)
        _, res2 = self.stage("Encoder.1", *self.fam("FAM2.merge.main.0", trunk, copy, z2))
        trunk, copy = self.start("feat_extract.2.main.0", res2)
        trunk, res4 = self.stage("Encoder.2", *self.fam("FAM1.merge.main.0", trunk, copy, z4))

        skip2 = self.fuse(1, downsample(res1, 2), res2, upsample(res4, 2))
        skip1 = self.fuse(0, res1, upsample(res2, 2), upsample(res4, 4))

        _, z = self.stage("Decoder.0", trunk, res4)
        z = torch.cat([self.plain("feat_extract.3.main.0", z), skip2], dim=1)
        _, z = self.stage("Decoder.1", *self.start("Convs.0.main.0", z))
        z = torch.cat([self.plain("feat_extract.4.main.0", z), skip1], dim=1)
        _, z = self.stage("Decoder.2", *self.start("Convs.1.main.0", z))
        last = "feat_extract.5.main.0"
        fine = self.requantise(last, z, self.scalar(f"{last}.output_scale"))
        return fine.clamp(-FINE_LIMIT, FINE_LIMIT)

    @torch.no_grad()
    def restore(self, image, valid=None):
        """(H,W,3) uint8 or uint16 array -> restored array of the same type (one pass).

        valid: (H,W) bool, of an 8-bit image; what is not there stays.
        """
        if valid is not None:
            return np.where(valid[..., None], self._restored(fill(image, valid), _padded_blocks(valid)), image)
        return self._restored(image)

    def _restored(self, image, blocks=None):
        wide = image.dtype == np.uint16
        codes = np.rint(image / 257.0).astype(np.uint8) if wide else image
        batch = to_padded_batch(codes)
        fine = neutral(batch[0], self.residual(batch, blocks)[0])[:, : image.shape[0], : image.shape[1]]
        fine = fine.permute(1, 2, 0).numpy()
        if wide:
            return np.clip(image + np.rint(257 * fine / FINE_STEPS), 0, 65535).astype(np.uint16)
        return np.clip(np.rint((FINE_STEPS * image.astype(np.float64) + fine) / FINE_STEPS), 0, 255).astype(np.uint8)


def _padded_blocks(valid):
    return blocks_of(to_padded_batch(valid[..., None]) > 0)


def to_padded_batch(image):
    """(H,W,3) uint8 -> (1,3,H',W') uint8 tensor, right and bottom reflected to multiples of 4 as the engine does."""
    height, width = image.shape[:2]
    padded = np.pad(image, ((0, -height % 4), (0, -width % 4), (0, 0)), mode="reflect")
    return torch.from_numpy(padded).permute(2, 0, 1)[None]
