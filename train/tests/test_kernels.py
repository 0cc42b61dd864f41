import math

import numpy as np
import pytest
import torch
from PIL import Image

from train.degrade.kernels import (
    defocus_kernel,
    disk_kernel,
    gaussian_kernel,
    kernel_reach,
    motion_kernel,
    read_kernel,
    zoomed,
)


def moments(kernel):
    """Means and covariance of a kernel in px, (rows, columns)."""
    axis = torch.arange(kernel.shape[0], dtype=torch.float64) - kernel.shape[0] // 2
    rows, columns = (kernel.double().sum(dim=1 - d) for d in (0, 1))
    mean = [(rows * axis).sum(), (columns * axis).sum()]
    cross = (kernel.double() * axis[:, None] * axis[None]).sum()
    return mean, [(rows * axis**2).sum().item(), (columns * axis**2).sum().item(), cross.item()]


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


def test_an_ellipse_has_its_moments():
    """Variance of a uniform ellipse: a quarter of the squared semi-axis; 1/12 for the pixel."""
    _, (rows, columns, cross) = moments(disk_kernel(6.0, ratio=1.5))
    assert columns == pytest.approx(6.0**2 / 4 + 1 / 12, rel=0.02)
    assert rows == pytest.approx(4.0**2 / 4 + 1 / 12, rel=0.02)
    assert cross == pytest.approx(0, abs=1e-3)
    _, (rows, columns, cross) = moments(disk_kernel(6.0, ratio=1.5, angle=45))
    assert rows == pytest.approx(columns, rel=0.01) and cross == pytest.approx((6.0**2 - 4.0**2) / 8, rel=0.03)


def test_a_gaussian_has_its_moments():
    _, (rows, columns, _) = moments(gaussian_kernel(3.0, ratio=1.5))
    assert (columns, rows) == (pytest.approx(9.0, rel=0.04), pytest.approx(4.0, rel=0.02))  # cut at 3 sigmas


def test_a_core_adds_its_variance_to_the_disk():
    _, (disk, _, _) = moments(disk_kernel(4.0))
    _, (both, _, _) = moments(defocus_kernel(4.0, 0.7))
    _, (core, _, _) = moments(gaussian_kernel(0.7))
    assert both == pytest.approx(disk + core, rel=1e-4)


def test_motion_along_an_axis_is_a_row_of_equal_taps():
    row = motion_kernel(9.0, 0.0)
    assert row.shape == (11, 11)
    torch.testing.assert_close(row[5], torch.tensor([0.0] + [1 / 9] * 9 + [0.0]), atol=1e-7, rtol=1e-5)
    torch.testing.assert_close(motion_kernel(9.0, 90.0), row.T, atol=1e-7, rtol=0)


@pytest.mark.parametrize("length, angle", [(3.3, 20), (12.0, 45), (19.7, 130)])
def test_motion_has_the_moments_of_a_segment(length, angle):
    kernel = motion_kernel(length, angle)
    mean, (rows, columns, cross) = moments(kernel)
    along = length**2 / 12
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    assert mean[0].item() == pytest.approx(0, abs=1e-6) and mean[1].item() == pytest.approx(0, abs=1e-6)
    # Rounding to whole pixels adds up to 1/12 to each variance.
    assert rows == pytest.approx(along * sine**2, abs=0.2) and columns == pytest.approx(along * cosine**2, abs=0.2)
    assert cross == pytest.approx(along * sine * cosine, abs=0.2)


def test_motion_of_45_degrees_is_symmetric_about_the_diagonal():
    kernel = motion_kernel(10.0, 45.0)
    torch.testing.assert_close(kernel, kernel.T, atol=1e-6, rtol=0)


def test_zooming_scales_the_width():
    kernel = disk_kernel(5.0)
    _, (before, _, _) = moments(kernel)
    for factor in (0.85, 1.15):
        grown = zoomed(kernel, factor)
        assert grown.shape[0] % 2 == 1 and grown.sum().item() == pytest.approx(1, abs=1e-6)
        assert math.sqrt(moments(grown)[1][0] / before) == pytest.approx(factor, abs=0.02)
    torch.testing.assert_close(zoomed(kernel, 1.0), kernel, atol=1e-6, rtol=1e-4)


def test_estimated_kernels_are_read_centred_and_normalised(tmp_path):
    wanted = disk_kernel(3.0)
    moved = np.zeros((20, 23))
    moved[4 : 4 + wanted.shape[0], 9 : 9 + wanted.shape[1]] = 7 * wanted.numpy()
    moved[0, 0] = -1
    np.save(tmp_path / "kernel.npy", moved)
    size = read_kernel(tmp_path / "kernel.npy").shape[0]
    cut = (wanted.shape[0] - size) // 2
    torch.testing.assert_close(
        read_kernel(tmp_path / "kernel.npy"), wanted[cut : cut + size, cut : cut + size], atol=1e-6, rtol=1e-5
    )
    pixels = np.rint(255 * moved.clip(0) / moved.max()).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "kernel.png")
    torch.testing.assert_close(
        read_kernel(tmp_path / "kernel.png"), read_kernel(tmp_path / "kernel.npy"), atol=2e-4, rtol=0
    )


@pytest.mark.parametrize("values", [np.zeros((5, 5)), np.full((5, 5), np.nan), np.ones(5), np.ones((200, 200))])
def test_kernels_that_are_none_are_rejected(tmp_path, values):
    np.save(tmp_path / "bad.npy", values)
    with pytest.raises(ValueError, match="bad.npy"):
        read_kernel(tmp_path / "bad.npy")
