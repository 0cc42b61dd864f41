"""Wider and deeper networks that start as the same function: python -m train.network.grow --help.

Wider (Net2WiderNet, arXiv 1511.05641): channel i of the wide network copies channel i mod C, and each weight that
reads a copied channel is split among the copies in random shares, so that the copies learn to differ. Deeper: a new
ResBlock whose last convolution is zero adds nothing.
"""

import argparse
import json

import torch

from .graph import LayerSpec, network
from .mimo_unet import MIMOUNet, initialise
from .weights import load_float, save_float

SPLIT_RANGE = (0.3, 0.7)  # share of a copied channel that its first copy carries


def layers(num_res, base):
    """Every convolution, the training-only heads included."""
    heads = [
        LayerSpec(f"ConvsOut.{i}.main.0", ("",), (width,), 3, "plain") for i, width in ((0, 4 * base), (1, 2 * base))
    ]
    return network(num_res, base) + heads


@torch.no_grad()
def widen(model, base, generator):
    """MIMOUNet of width `base` >= the model's with the same outputs."""
    if base < model.base:
        raise ValueError(f"base is {base}: expected at least the {model.base} of the network to widen")
    wide = MIMOUNet(model.num_res, base)
    for old, new in zip(layers(model.num_res, model.base), layers(model.num_res, base)):
        source, target = model.get_submodule(old.key), wide.get_submodule(new.key)
        copied_from = torch.arange(new.out) % old.out
        reads, shares = _inputs(old, new, generator)
        weight = source.weight.transpose(0, 1) if old.transposed else source.weight
        weight = weight[copied_from][:, reads] * shares[:, :, None, None]
        target.weight.copy_(weight.transpose(0, 1) if old.transposed else weight)
        target.bias.copy_(source.bias[copied_from])
    return wide.eval()


def _inputs(old, new, generator):
    """For the inputs of the wide layer: the old channel that each copies, and its (out,in) share of that channel."""
    reads, offset = [], 0
    for old_width, new_width in zip(old.widths, new.widths):
        reads.append(torch.arange(new_width) % old_width + offset)
        offset += old_width
    reads = torch.cat(reads)
    raw = torch.empty(new.out, len(reads)).uniform_(*SPLIT_RANGE, generator=generator)
    totals = torch.zeros(new.out, offset).index_add_(1, reads, raw)
    return reads, raw / totals[:, reads]


@torch.no_grad()
def deepen(model, num_res, generator):
    """MIMOUNet of `num_res` >= the model's ResBlocks per stage with the same outputs; new blocks spread evenly."""
    if num_res < model.num_res:
        raise ValueError(f"num_res is {num_res}: expected at least the {model.num_res} of the network to deepen")
    deep = initialise(MIMOUNet(num_res, model.base), generator)
    stages = [*model.Encoder, *model.Decoder]
    for old, new in zip(stages, [*deep.Encoder, *deep.Decoder]):
        kept = {(i * num_res) // model.num_res: block for i, block in enumerate(old.layers)}
        for index, block in enumerate(new.layers):
            if index in kept:
                block.load_state_dict(kept[index].state_dict())
            else:
                block.main[1].main[0].weight.zero_()
                block.main[1].main[0].bias.zero_()
    shared = {k: v for k, v in model.state_dict().items() if ".layers." not in k}
    deep.load_state_dict(shared, strict=False)
    return deep.eval()


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.network.grow", description=__doc__)
    parser.add_argument("weights", help="float weights to start from")
    parser.add_argument("-o", "--output", required=True, help="float weights of the grown network (safetensors)")
    parser.add_argument("--base", type=int, help="its width")
    parser.add_argument("--num-res", type=int, help="its ResBlocks per stage")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    model, metadata = load_float(args.weights)
    generator = torch.Generator().manual_seed(args.seed)
    grown = deepen(widen(model, args.base or model.base, generator), args.num_res or model.num_res, generator)
    origin = {
        "grown_from": {"num_res": model.num_res, "base": model.base},
        **json.loads(metadata.get("training", "{}")),
    }
    # Single precision: half would round the halves of a weight each on its own.
    kept = {"training": json.dumps(origin), "degradation": metadata.get("degradation", "{}")}
    save_float(args.output, grown, kept, half=False)


if __name__ == "__main__":
    main()
