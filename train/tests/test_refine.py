"""The degradation that ends with Wiener's filter, told a kernel: draws, the filter, and what is left of a scene."""

import dataclasses
import json
import os
import pathlib

import numpy as np
import pytest
import torch

from train import evaluate_refiner
from train.data.procedural import dead_leaves, landscape
from train.degrade.config import PRESETS, RIM, Degradation, DegradationConfig, from_dict, to_json, with_measured
from train.degrade.draw import draw
from train.degrade.kernels import defocus_kernel, disk_kernel, motion_kernel
from train.degrade.synthesise import degrade, kernel_of, told_kernel
from train.degrade.wiener import LEAST_NOISE, SCENE_GRADIENT, regularisation, wiener
from train.evaluation import classical, told
from train.evaluation.conditions import Condition, degraded
from train.evaluation.restorers import ENGINE

ROOT = pathlib.Path(__file__).parents[2]
IS_BUILT = (ROOT / "dist/cli/main.js").exists() and (ROOT / "build/Release/perifocal.node").exists()
if not IS_BUILT and os.environ.get("CI"):
    pytest.fail("the package is not built: npm run build", pytrace=False)
needs_the_engine = pytest.mark.skipif(not IS_BUILT, reason="the package is not built: npm run build")

REFINE = dataclasses.replace(PRESETS["refine"], wrong_fraction=0.0, edge_fraction=0.0, identity_fraction=0.0)
KERNELS = {
    "disk": disk_kernel(4.0),
    "motion": motion_kernel(12, 30),
    "soft ellipse": defocus_kernel(5.3, 0.8, 1.2, 20),
}


def planes(image):
    return torch.from_numpy(image).permute(2, 0, 1).float() / 255


@needs_the_engine
@pytest.mark.parametrize("name", KERNELS)
def test_training_filters_as_the_engine_does(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    image = degraded(landscape(120, 104, 8), Condition(name, KERNELS[name], 0.005))
    options = ["--method", "wiener", "--prior", "gradient", "--nsr", "0.004", "--defects", "none"]
    native = classical.deconvolve(ENGINE, image, KERNELS[name], options)
    ours = wiener(planes(image), KERNELS[name], 0.004).clamp(0, 1).permute(1, 2, 0).numpy() * 255
    assert np.abs(np.rint(ours) - native).max() <= 1


def test_the_filter_restores_what_has_little_noise_and_keeps_what_is_flat():
    kernel = defocus_kernel(2.0, 0.5)
    wide = planes(landscape(128, 128, 3))
    blurred = degrade(wide[None], [Degradation("defocus", radius=2.0, blur_sigma=0.5)], 16)[0]
    restored, sharp = wiener(blurred, kernel, regularisation(0)), wide[:, 16:-16, 16:-16]
    error = lambda image: (image - sharp)[:, 16:-16, 16:-16].square().mean()
    assert error(restored) < 0.4 * error(blurred)
    flat = torch.full((3, 40, 56), 0.3)
    torch.testing.assert_close(wiener(flat, kernel, 0.01), flat, atol=1e-5, rtol=0)


def test_the_regularisation_follows_the_noise_down_to_that_of_rounding():
    assert regularisation(0.02) == pytest.approx((0.02 / SCENE_GRADIENT) ** 2)
    assert regularisation(0.0) == regularisation(LEAST_NOISE) == pytest.approx((LEAST_NOISE / SCENE_GRADIENT) ** 2)


def test_draws_tell_the_filter_a_wrong_kernel_in_their_share():
    config = dataclasses.replace(PRESETS["refine"], wrong_fraction=0.4, edge_fraction=0.25)
    rng = np.random.default_rng(5)
    draws = [draw(rng, config) for _ in range(600)]
    wrong = [d for d in draws if d.told_zoom != 1]
    assert 0.3 < len(wrong) / len(draws) < 0.5
    assert all(0.95 <= d.told_zoom <= 1.05 and abs(d.told_turn) <= 3 for d in wrong)
    assert min(d.told_turn for d in wrong) < 0 < max(d.told_turn for d in wrong)
    assert 0.15 < np.mean([d.edges != "" for d in draws]) < 0.35
    assert all(0.7 <= d.told_noise <= 1.4 for d in draws)
    replayed = [Degradation(**json.loads(json.dumps(dataclasses.asdict(d)))) for d in draws]
    assert [dataclasses.replace(d, centre=tuple(d.centre)) for d in replayed] == draws


def test_other_degradations_draw_as_before():
    """Runs resume bit for bit: what the refiner needs is drawn for the refiner only."""
    first, second = (draw(np.random.default_rng(3), PRESETS["defocus"]) for _ in range(2))
    assert first == second and (first.told_zoom, first.told_noise, first.edges) == (1.0, 1.0, "")


def test_a_told_kernel_is_the_true_one_but_for_size_and_angle():
    exact = Degradation("motion", length=10.0, angle=30.0)
    torch.testing.assert_close(told_kernel(exact), kernel_of(exact))
    wrong = dataclasses.replace(exact, told_zoom=1.1, told_turn=-4.0)
    torch.testing.assert_close(told_kernel(wrong), motion_kernel(11.0, 26.0))
    disk = Degradation("defocus", radius=4.0, blur_sigma=0.6, told_zoom=1.05)
    torch.testing.assert_close(told_kernel(disk), defocus_kernel(4.2, 0.63))


def test_crops_are_deconvolved_to_their_size_and_are_nearer_to_the_scene():
    margin = REFINE.margin()
    wide = planes(dead_leaves(64 + 2 * margin, 64 + 2 * margin, 4))[None].repeat(2, 1, 1, 1)
    sharp = wide[..., margin:-margin, margin:-margin]
    drawn = Degradation("defocus", radius=4.0, noise_sigma=0.003, seed=7)
    error = lambda draws, config: (degrade(wide[: len(draws)], draws, margin, config) - sharp[: len(draws)]).abs()
    restored = error([drawn, dataclasses.replace(drawn, edges="tl")], REFINE)
    assert restored.shape == sharp.shape
    blurred = error([drawn], dataclasses.replace(REFINE, deconvolved=False))
    assert restored[0].mean() < 0.7 * blurred.mean()
    assert not torch.equal(restored[0], restored[1])
    torch.testing.assert_close(restored[0, :, 48:, 48:], restored[1, :, 48:, 48:], atol=0.06, rtol=0)
    twisted = error([dataclasses.replace(drawn, told_zoom=1.1)], REFINE)
    assert twisted.mean() > 1.2 * restored[0].mean()


def test_the_margin_leaves_room_for_the_filter():
    assert REFINE.margin() == dataclasses.replace(REFINE, deconvolved=False).margin() + RIM


def test_measured_kernels_are_drawn_and_kept(tmp_path):
    for index in range(3):
        np.save(tmp_path / f"{index}.npy", np.eye(5 + 2 * index))
    config = with_measured(PRESETS["refine"], tmp_path)
    assert config.families["measured"] / sum(config.families.values()) == pytest.approx(0.1)
    assert from_dict(json.loads(to_json(config))) == config
    rng = np.random.default_rng(1)
    measured = [d for d in (draw(rng, config) for _ in range(300)) if d.family == "measured"]
    assert {d.which for d in measured} == {0, 1, 2}
    largest = dataclasses.replace(measured[0], which=2, zoom=1.0)
    torch.testing.assert_close(kernel_of(largest, config), torch.eye(9) / 9, atol=1e-5, rtol=0)
    with pytest.raises(ValueError, match="--measured"):
        DegradationConfig(families={"measured": 1.0})


def test_an_evaluation_is_taken_up_where_it_was_left(tmp_path, monkeypatch):
    scenes, cases = {"scene": dead_leaves(64, 64, 2)}, told.standard()[:1]
    calls = []

    def way(image, kernel, noise):
        calls.append(kernel.shape)
        return told.filtered(image, kernel, noise)

    ways = {"input": lambda image, *_: image, "Wiener": way}
    names = {name: name for name in ways}

    def run():
        figures = evaluate_refiner.Figures(tmp_path / "figures.jsonl")
        rows = evaluate_refiner.measure(scenes, ways, None, cases, figures, names)
        return rows, evaluate_refiner.overshoots(way, cases, figures, "Wiener")

    first = run()
    count = len(calls)
    assert run() == first and len(calls) == count > 0
    psnr = {(row["kernel"], row["way"]): row["psnr"] for row in first[0]}
    assert psnr["true", "Wiener"] > psnr["true", "input"] and psnr["true", "Wiener"] > psnr["wrong", "Wiener"]
    bars = {bar.name: bar for bar in evaluate_refiner.checklist(*first, "Wiener")}
    cost = psnr["true", "Wiener"] - psnr["wrong", "Wiener"]
    assert bars["R 2.5: cost of a wrong kernel, dB"].figure == pytest.approx(cost)
    assert "| R 2.5 | wrong |" in evaluate_refiner.table(first[0], "psnr")
