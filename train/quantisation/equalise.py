"""Cross-layer equalisation (arXiv 1906.04721), exact for the float network."""

import torch

from ..network.graph import equalisable_pairs, network

EQUALISATION_FLOOR = 1e-2  # weakest channel relative to the strongest: bounds the factors to 10


@torch.no_grad()
def equalise(model, statistics):
    """Balance hidden channels in place: activation range against the weight that reads it.

    ReLU is positively homogeneous, so the function stays. Weights have a scale per output channel, so what counts of
    the consumer is its weight relative to the largest of the same output.
    """
    for producer, consumer, first in equalisable_pairs(network(model.num_res, model.base)):
        source, reader = model.get_submodule(producer.key), model.get_submodule(consumer.key)
        in_axis = 1 - consumer.out_axis
        strength = reader.weight.abs().amax(dim=(2, 3))
        strength = strength.transpose(0, 1) if consumer.transposed else strength  # (out, in)
        strength = strength / strength.amax(dim=1, keepdim=True).clamp(min=1e-12)
        weight_range = _floored(strength.amax(dim=0)[first : first + producer.out])
        activation_range = _floored(statistics.channel_max[producer.key])
        factor = torch.sqrt(activation_range / weight_range)
        source.weight /= along(factor, producer.out_axis)
        source.bias /= factor
        reader.weight.narrow(in_axis, first, producer.out).mul_(along(factor, in_axis))


def along(values, axis):
    """(C,) -> shape that multiplies a 4-d weight along `axis`."""
    shape = [1, 1, 1, 1]
    shape[axis] = -1
    return values.view(shape)


def _floored(values):
    return values.clamp(min=max(EQUALISATION_FLOOR * values.max().item(), 1e-12))
