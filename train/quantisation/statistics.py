"""What calibration must know of the float network, gathered by hooks over batches of crops."""

import torch

from ..network.graph import PRODUCT
from ..network.mimo_unet import FAM, BasicConv, ResBlock

SAMPLES_PER_BATCH = 8192  # values kept of each tensor and batch


def written_tensors(model):
    """(name, module, is_input): whose output (or input) is the 8-bit tensor `name` of the integer model."""
    for name, module in model.named_modules():
        if isinstance(module, ResBlock):
            yield f"{name}.main.1.main.0", module, False
        elif isinstance(module, FAM):
            yield f"{name}.merge.main.0", module, False
            yield f"{name}.merge.main.0{PRODUCT}", module.merge, True
        elif isinstance(module, BasicConv) and not name.endswith(".merge") and not _is_block_end(name):
            yield f"{name}.main.0", module, False


def _is_block_end(name):
    return ".layers." in name and name.endswith(".main.1")


class Statistics:
    """Samples, extremes and channel maxima of every 8-bit tensor; means of every pre-activation."""

    def __init__(self, model):
        self.samples, self.extremes, self.channel_max, self.means, self.pixels = {}, {}, {}, {}, {}
        self._handles = []
        self._random = torch.Generator().manual_seed(0)
        for name, module, is_input in written_tensors(model):
            self._watch(module, lambda given, output, name=name, i=is_input: self._tensor(name, given if i else output))
        for name, module in model.named_modules():
            if isinstance(module, (torch.nn.Conv2d, torch.nn.ConvTranspose2d)):
                self._watch(module, lambda given, output, name=name: self._preactivation(name, output))

    def _watch(self, module, record):
        hook = lambda _, given, output: record(given[0], output)
        self._handles.append(module.register_forward_hook(hook))

    def _tensor(self, name, values):
        flat = values.flatten()
        picks = torch.randint(flat.numel(), (SAMPLES_PER_BATCH,), generator=self._random)
        self.samples.setdefault(name, []).append(flat[picks].clone())
        low, high = self.extremes.get(name, (0.0, 0.0))
        self.extremes[name] = (min(low, flat.min().item()), max(high, flat.max().item()))
        strongest = values.abs().amax(dim=(0, 2, 3))
        self.channel_max[name] = torch.maximum(strongest, self.channel_max.get(name, strongest))

    def _preactivation(self, name, values):
        count = values.shape[0] * values.shape[2] * values.shape[3]
        self.means[name] = self.means.get(name, 0.0) + values.double().sum(dim=(0, 2, 3))
        self.pixels[name] = self.pixels.get(name, 0) + count

    def mean(self, key):
        """Mean pre-activation per output channel, float64."""
        return self.means[key] / self.pixels[key]

    def close(self):
        for handle in self._handles:
            handle.remove()


@torch.no_grad()
def observe(model, batches):
    """Statistics of `model` over an iterable of (N,3,H,W) degraded crops."""
    statistics = Statistics(model)
    for batch in batches:
        model(batch)
    statistics.close()
    return statistics
