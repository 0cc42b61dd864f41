import math

import numpy as np
import pytest
import torch

from train.degrade import (
    Defocus,
    DegradationRange,
    add_noise,
    blur,
    defocus_kernel,
    degrade,
    disk_kernel,
    draw,
    kernel_reach,
    quantise_8bit,
)


@pytest.mark.parametrize("radius, sigma", [(0, 0), (2.0, 0.0), (3.3, 0.7), (6.0, 0.7)])
def test_kernels_sum_to_one_are_odd_and_within_reach(radius, sigma):
    kernel = defocus_kernel(radius, sigma)
    assert kernel.sum().item() == pytest.approx(1, abs=1e-6)
    assert kernel.shape[0] == kernel.shape[1] and kernel.shape[0] % 2 == 1
    assert kernel.shape[0] // 2 <= kernel_reach(radius, sigma)
    torch.testing.assert_close(kernel, kernel.flip(0, 1))


@pytest.mark.parametrize("radius", [1.5, 2.0, 4.0, 5.7])
def test_disk_covers_the_area_of_the_circle(radius):
    kernel = disk_kernel(radius)
    centre = kernel[kernel.shape[0] // 2, kernel.shape[0] // 2].item()
    assert 1 / centre == pytest.approx(math.pi * radius**2, rel=0.01)


def test_blur_equals_direct_convolution_and_keeps_the_mean():
    image = torch.rand(1, 2, 30, 34)
    kernel = defocus_kernel(2.5, 0.5)
    reach = kernel.shape[0] // 2
    direct = torch.nn.functional.conv2d(image.transpose(0, 1), kernel.flip(0, 1)[None, None]).transpose(0, 1)
    torch.testing.assert_close(blur(image, [kernel], reach), direct, atol=1e-5, rtol=1e-5)
    flat = torch.full((1, 3, 40, 40), 0.3)
    torch.testing.assert_close(blur(flat, [kernel], 6), torch.full((1, 3, 28, 28), 0.3))


def test_noise_has_the_requested_variance():
    generator = torch.Generator().manual_seed(3)
    image = torch.full((2, 1, 200, 200), 0.5)
    noisy = add_noise(image, [1e4, float("inf")], [0.004, 0.01], generator)
    expected = [math.sqrt(0.5 / 1e4 + 0.004**2), 0.01]
    for plane, sigma in zip(noisy, expected):
        assert plane.mean().item() == pytest.approx(0.5, abs=4 * sigma / 200)
        assert plane.std().item() == pytest.approx(sigma, rel=0.03)


def test_quantisation_lands_on_the_8_bit_grid():
    codes = quantise_8bit(torch.rand(1, 3, 8, 8) * 1.2 - 0.1) * 255
    torch.testing.assert_close(codes, codes.round(), atol=1e-4, rtol=0)
    assert codes.min() >= 0 and codes.max() <= 255


def test_degrade_cuts_the_margin_and_identity_without_noise_changes_nothing():
    sharp = torch.randint(0, 256, (1, 3, 40, 44)) / 255
    out = degrade(sharp, [Defocus(0, 0, float("inf"), 0.0)], 8, torch.Generator())
    torch.testing.assert_close(out, sharp[..., 8:-8, 8:-8], atol=1e-6, rtol=0)


def test_draws_stay_in_range_and_some_are_identities():
    rng, limits = np.random.default_rng(0), DegradationRange()
    drawn = [draw(rng, limits) for _ in range(2000)]
    blurred = [d for d in drawn if d.radius > 0]
    assert all(2 <= d.radius <= 6 and 0 <= d.blur_sigma <= 0.7 for d in blurred)
    assert all(0.002 <= d.noise_sigma <= 0.01 for d in drawn)
    assert 0.03 < 1 - len(blurred) / len(drawn) < 0.07
    assert all(kernel_reach(d.radius, d.blur_sigma) <= limits.margin() for d in drawn)


def test_a_kernel_larger_than_the_crop_is_explained():
    with pytest.raises(ValueError, match="larger crops"):
        blur(torch.rand(1, 3, 8, 8), [defocus_kernel(6, 0)], 3)
