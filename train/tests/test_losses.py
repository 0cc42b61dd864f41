import pytest
import torch

from train.losses import content_loss, label_pyramid, msfr_loss, restoration_loss


def test_constant_error_has_the_closed_forms():
    """training.md section 2: only the DC bin differs, so Lf = e/2 per scale, whatever the size."""
    error, labels = 0.01, label_pyramid(torch.rand(2, 3, 64, 64, dtype=torch.float64))
    outputs = [label + error for label in labels]
    assert content_loss(outputs, labels).item() == pytest.approx(3 * error)
    assert msfr_loss(outputs, labels).item() == pytest.approx(3 * error / 2, rel=1e-4)


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
    assert restoration_loss(label_pyramid(sharp), sharp).item() == 0
