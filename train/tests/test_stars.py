"""Simulated star fields, their best iterations, and networks that learn them."""

import math

import numpy as np
import pytest
import torch

from train.degrade.kernels import motion_kernel
from train.stars.fields import GRID, find_optimum, iterate, light_passed, mean_transfer, starlight, transfer
from train.stars.networks import predict, train_ensemble, train_network

FIELD = {
    "length": 12.0,
    "angle": 30.0,
    "sigma": 1.0,
    "fluxes": np.full(3, 20_000.0),
    "places": np.array([[0.2, -0.3], [0.0, 0.4], [-0.5, 0.1]]),
    "side": 48,
    "background": 50.0,
    "read_noise": 5.0,
    "seed": 1,
}


@pytest.mark.parametrize("length", [0.0, 12.0])
def test_light_keeps_its_flux_and_place(length):
    light = starlight(FIELD, 48, length)
    torch.testing.assert_close(light.sum(dim=(1, 2)), torch.from_numpy(FIELD["fluxes"]), rtol=1e-4, atol=0)
    rows = (light.sum(dim=2) * (torch.arange(48) - 24)).sum(dim=1) / 20_000
    np.testing.assert_allclose(rows, FIELD["places"][:, 0], atol=1e-3)


def test_a_trail_has_the_moments_of_a_segment():
    light = starlight(FIELD, 48, 12.0)[1] / 20_000
    axis = torch.arange(48) - 24 - 0.4
    variance = (light.sum(dim=0) * axis**2).sum().item()
    assert variance == pytest.approx((12 * math.cos(math.radians(30))) ** 2 / 12 + 1 + 1 / 12, rel=0.01)


def test_mean_transfer_of_a_point_and_of_a_row():
    assert mean_transfer(torch.ones(1, 1)) == pytest.approx(1)
    row = motion_kernel(9.0, 0.0)
    frequency = (np.arange(GRID) - GRID / 2) / GRID
    waves = np.abs(np.exp(-2j * np.pi * frequency[:, None] * np.arange(9)).mean(axis=1))
    assert mean_transfer(row) == pytest.approx(waves.mean(), rel=1e-6)
    assert mean_transfer(row) < light_passed(row, 1.0) < 1


def test_iterations_keep_light_and_sign():
    light = starlight(FIELD, 48, 12.0) + 10
    spectrum = transfer(motion_kernel(12.0, 30.0).double(), 48)
    for _, estimate in zip(range(20), iterate(light, spectrum)):
        assert estimate.min() >= 0
        torch.testing.assert_close(estimate.sum(dim=(1, 2)), light.sum(dim=(1, 2)), rtol=1e-6, atol=0)


def test_the_optimum_is_the_lowest_error_and_grows_with_light():
    pair = find_optimum(FIELD)
    assert pair["errors"][pair["iterations"] - 1] == min(pair["errors"])
    assert find_optimum({**FIELD, "fluxes": FIELD["fluxes"] / 4})["iterations"] < pair["iterations"]
    assert find_optimum({**FIELD, "fluxes": FIELD["fluxes"] / 400}) is None


def test_a_network_learns_a_curve():
    random = np.random.default_rng(1)
    x = np.linspace(0, 1, 200)[:, None]
    y = np.sin(5 * x[:, 0])
    hidden, output = train_network(x, y, random)
    assert hidden.shape == (10, 2) and output.shape == (11,)
    units = 0.5 + 0.5 * np.tanh((x @ hidden[:, :1].T + hidden[:, 1]) / 2)
    np.testing.assert_allclose(units @ output[:-1] + output[-1], y, atol=0.01)


def test_similar_pairs_mend_what_the_networks_miss():
    """A step that the networks have not been shown, but the pairs have."""
    random = np.random.default_rng(2)
    x = random.random((300, 1)) * 4
    model = train_ensemble(x, x[:, 0], [], 0, random)
    assert predict(model, [2.5]) == pytest.approx(2.5, abs=0.02)
    assert sum(model["weights"]) == pytest.approx(1, abs=1e-4)
    model["pairs"] = [[value, 4 * value + 1] for value in np.linspace(0, 1, 50)]
    model["neighbours"] = 20
    assert predict(model, [2.5]) == pytest.approx(3.5, abs=0.1)
