"""Missing pixels in a network as the engine has them (docs/streaming.md).

In blocks of 4x4 pixels of which none is there, every tensor that a convolution reads is zero, at all scales, as it is
beyond the rim of an image.
"""

from contextlib import contextmanager

import torch
from torch.nn import functional as F

from .mimo_unet import BasicConv, upsample

SIDE = 4  # px of a block: a pixel of the quarter scale


def blocks_of(valid):
    """(N,1,H,W) bool -> (N,1,H/4,W/4) float32, 0 where none of the pixels of a block is there; None of None."""
    return None if valid is None else F.max_pool2d(valid.float(), SIDE)


def cleared(x, blocks):
    """(N,C,h,w) at any of the three scales, zero in the blocks that are 0; as it is where `blocks` is None."""
    return x if blocks is None else x * upsample(blocks, x.shape[-1] // blocks.shape[-1]).to(x.dtype)


@contextmanager
def missing_pixels(model, valid):
    """Meanwhile the float `model` sees batches of which only `valid` (N,1,H,W) is there, or all where it is None."""
    blocks = blocks_of(valid)
    clear = lambda _, given: (cleared(given[0], blocks),)
    convolutions = [m for m in model.modules() if isinstance(m, BasicConv)] if valid is not None else []
    hooks = [convolution.register_forward_pre_hook(clear) for convolution in convolutions]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def there(outputs, labels, valid):
    """`outputs` of the network with their `labels` where pixels are missing, so that losses see no error there.

    Lists of images of falling scale up to that of `valid`; of a coarser pixel anything may be there.
    """
    if valid is None:
        return outputs
    scaled = lambda out: F.max_pool2d(valid.float(), valid.shape[-1] // out.shape[-1]) > 0
    return [torch.where(scaled(out), out.float(), label) for out, label in zip(outputs, labels)]
