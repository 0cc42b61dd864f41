import copy

import pytest
import torch
from torch import nn

from train.network import winograd
from train.network.mimo_unet import MIMOUNet, initialise
from train.network.winograd import WinogradConv2d, use_winograd
from train.train import parse_arguments, train

TOLERANCE = 2e-5  # of the largest value: F(4x4) loses two digits of single precision


def inputs_and_layer(c, k, height, width):
    generator = torch.Generator().manual_seed(c * k + height)
    layer = nn.Conv2d(c, k, 3, padding=1)
    x = torch.randn(2, c, height, width, generator=generator)
    return x, torch.randn(2, k, height, width, generator=generator), layer


def results(layer, x, gradient):
    """Output, gradients of input, weight and bias."""
    x = x.clone().requires_grad_()
    layer.zero_grad()
    y = layer(x)
    y.backward(gradient)
    return y.detach(), x.grad, layer.weight.grad, layer.bias.grad


@pytest.mark.parametrize("c, k, height, width", [(16, 16, 4, 4), (16, 48, 8, 12), (32, 16, 36, 20), (128, 64, 16, 8)])
def test_output_and_gradients_are_those_of_pytorch_in_double_precision(c, k, height, width):
    x, gradient, layer = inputs_and_layer(c, k, height, width)
    expected = results(copy.deepcopy(layer).double(), x.double(), gradient.double())
    for ours, theirs in zip(results(use_winograd(nn.Sequential(layer))[0], x, gradient), expected):
        assert (ours - theirs).abs().max() <= TOLERANCE * theirs.abs().max()


def test_the_number_of_threads_changes_no_bit():
    x, gradient, layer = inputs_and_layer(32, 32, 64, 64)
    use_winograd(nn.Sequential(layer))
    one = results(layer, x, gradient)
    torch.set_num_threads(3)
    try:
        three = results(layer, x, gradient)
    finally:
        torch.set_num_threads(1)
    assert all(map(torch.equal, one, three))


def test_sizes_and_types_that_do_not_fit_are_left_to_pytorch():
    layer = nn.Conv2d(16, 16, 3, padding=1)
    x = torch.rand(1, 16, 6, 8)
    expected, expected_double = layer(x), copy.deepcopy(layer).double()(x.double())
    use_winograd(nn.Sequential(layer))
    assert torch.equal(layer(x), expected) and torch.equal(layer.double()(x.double()), expected_double)


def test_a_network_keeps_its_parameters_and_its_function():
    model = initialise(MIMOUNet(1, 16), torch.Generator().manual_seed(1))
    x = torch.rand(1, 3, 64, 48)
    with torch.no_grad():
        expected = model(x)
        fast = use_winograd(copy.deepcopy(model))
        ours = sum(isinstance(layer, WinogradConv2d) for layer in fast.modules())
        assert ours == 12 + 2 + 2 + 2  # ResBlocks, FAM, AFF, SCM
        assert all((ours - theirs).abs().max() < 1e-5 for ours, theirs in zip(fast(x), expected))
    assert fast.state_dict().keys() == model.state_dict().keys()


def test_bfloat16_and_a_missing_compiler_are_named(scene_folder, tmp_path, monkeypatch):
    size = ["--num-res", "1", "--base", "16", "--crop", "32", "--generated", "0", "--winograd"]
    places = ["--data", str(scene_folder), "--run", str(tmp_path), *size]
    with pytest.raises(ValueError, match="--winograd computes in float32 on CPUs, this run in bfloat16"):
        train(parse_arguments([*places, "--precision", "bfloat16"]))
    monkeypatch.setattr(winograd, "COMPILE", ["no-such-compiler"])
    monkeypatch.setattr(winograd, "kernels", winograd.kernels.__wrapped__)  # what is compiled already stays
    with pytest.raises(RuntimeError, match="install a C\\+\\+17 compiler"):
        train(parse_arguments([*places, "--precision", "float32"]))
