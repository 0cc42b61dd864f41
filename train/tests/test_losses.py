import pytest
import torch

from train.network.mimo_unet import MIMOUNet, initialise
from train.network.vgg import VGGFeatures, initialise_features
from train.optimise.losses import (
    Distillation,
    content_loss,
    discriminator_loss,
    generator_loss,
    label_pyramid,
    mean_loss,
    msfr_loss,
    perceptual_loss,
    range_loss,
    restoration_loss,
)


def test_constant_error_has_the_closed_forms():
    """Only the DC bin differs: e N^2 / (2 N^2) = e/2 per scale, whatever the size."""
    error, labels = 0.01, label_pyramid(torch.rand(2, 3, 64, 64))
    outputs = [label + error for label in labels]
    assert content_loss(outputs, labels).item() == pytest.approx(3 * error, rel=1e-4)
    assert msfr_loss(outputs, labels).item() == pytest.approx(3 * error / 2, rel=2e-3)
    assert mean_loss(outputs, labels).item() == pytest.approx(3 * error, rel=1e-4)


def test_the_mean_loss_sees_each_crop_and_channel_alone_and_only_means():
    labels = [torch.rand(2, 3, 16, 16)]
    ripple = 0.1 * torch.cos(torch.pi * torch.arange(16))
    assert mean_loss([labels[0] + ripple], labels).item() == pytest.approx(0, abs=1e-7)
    opposite = torch.tensor([[0.02, -0.02, 0.0], [-0.02, 0.02, 0.0]])[:, :, None, None]
    assert mean_loss([labels[0] + opposite], labels).item() == pytest.approx(0.02 * 2 / 3, rel=1e-4)


def test_the_range_loss_sees_halos_on_both_sides_of_an_edge_and_no_blur():
    step = (torch.arange(32) >= 16).float().expand(1, 3, 32, 32)
    halo = torch.zeros(32).index_fill(0, torch.tensor([17]), 0.1).index_fill(0, torch.tensor([14]), -0.1)
    assert range_loss([step + halo], [step]).item() == pytest.approx(0.1 * 2 / 32, rel=1e-4)
    blurred = torch.nn.functional.avg_pool2d(step, 5, stride=1, padding=2, count_include_pad=False)
    assert range_loss([blurred], [step]).item() == 0


def test_the_range_loss_takes_the_extremes_of_the_neighbourhood():
    label, error = torch.rand(2, 3, 16, 24), 0.3 * torch.randn(2, 3, 16, 24)
    pool = lambda image: torch.nn.functional.max_pool2d(image, 5, stride=1, padding=2)
    nearest = torch.minimum(torch.maximum(label + error, -pool(-label)), pool(label))
    expected = (label + error - nearest).abs().mean()
    torch.testing.assert_close(range_loss([label + error], [label]), expected, rtol=1e-4, atol=1e-6)


def test_msfr_is_the_difference_of_two_full_spectra():
    out, label = torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)
    planes = [torch.view_as_real(torch.fft.fft2(x)) for x in (out, label)]
    expected = (planes[0] - planes[1]).abs().mean()
    torch.testing.assert_close(msfr_loss([out], [label]), expected, rtol=1e-4, atol=1e-5)


def test_labels_are_centred_means():
    sharp = torch.rand(1, 1, 8, 8)
    quarter, half, full = label_pyramid(sharp)
    assert full is sharp
    torch.testing.assert_close(half[0, 0, 0, 0], sharp[0, 0, :2, :2].mean())
    torch.testing.assert_close(quarter[0, 0, 0, 0], sharp[0, 0, 1:3, 1:3].mean())


def test_perfect_restoration_costs_nothing():
    sharp = torch.rand(1, 3, 16, 16)
    assert restoration_loss(label_pyramid(sharp), label_pyramid(sharp)).item() == 0
    features = initialise_features(VGGFeatures(4), torch.Generator().manual_seed(0))
    assert perceptual_loss(features, sharp, sharp).item() == 0


def test_the_perceptual_loss_compares_normalised_features():
    features = initialise_features(VGGFeatures(4), torch.Generator().manual_seed(0))
    a, b = torch.rand(2, 3, 16, 16), torch.rand(2, 3, 16, 16)
    plain = perceptual_loss(features, a, b)
    features.deviations.fill_(4.0)
    torch.testing.assert_close(perceptual_loss(features, a, b), plain / 4)
    shapes = [tuple(layer.shape[1:]) for layer in features(a)]
    assert shapes == [(4, 16, 16), (8, 8, 8), (16, 4, 4)]


def test_the_hinge_is_flat_beyond_its_margin():
    maps = lambda value: [torch.full((1, 1, 3, 3), value)] * 3
    assert discriminator_loss(maps(1.5), maps(-2.0)).item() == 0
    assert discriminator_loss(maps(0.0), maps(0.0)).item() == pytest.approx(6)
    assert discriminator_loss(maps(0.25), maps(0.5)).item() == pytest.approx(3 * (0.75 + 1.5))
    assert generator_loss(maps(0.5)).item() == pytest.approx(-1.5)


def test_distillation_vanishes_for_the_teacher_itself():
    teacher = initialise(MIMOUNet(1, 8), torch.Generator().manual_seed(0))
    student = MIMOUNet(1, 8)
    student.load_state_dict(teacher.state_dict())
    loss = Distillation(teacher, student)
    torch.nn.init.dirac_(loss.adapter.weight)
    torch.nn.init.zeros_(loss.adapter.bias)
    degraded = torch.rand(1, 3, 32, 32)
    value = loss(degraded, student(degraded))
    assert value.item() == pytest.approx(0, abs=1e-6)
    assert not any(name.startswith("teacher") for name in loss.state_dict())


def test_distillation_teaches_through_outputs_and_bottleneck():
    make = lambda base, seed: initialise(MIMOUNet(1, base), torch.Generator().manual_seed(seed))
    student = make(8, 0)
    loss = Distillation(make(16, 1), student)
    degraded = torch.rand(1, 3, 32, 32)
    loss(degraded, student(degraded)).backward()
    assert loss.adapter.weight.grad.abs().sum() > 0 and student.feat_extract[0].main[0].weight.grad.abs().sum() > 0
