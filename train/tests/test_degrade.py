import dataclasses
import io
import json
import math

import numpy as np
import pytest
import torch
from PIL import Image

from train.data.procedural import landscape
from train.degrade.blur import blur, spin_blur
from train.degrade.config import PRESETS, Degradation, DegradationConfig, from_dict, load_config, stage2, to_json
from train.degrade.draw import draw
from train.degrade.jpeg import CHROMINANCE, LUMINANCE, dct_matrix, jpeg, quantisation_table
from train.degrade.kernels import defocus_kernel, disk_kernel
from train.degrade.noise import add_noise, quantise_8bit
from train.degrade.synthesise import degrade, kernel_of


def test_blur_equals_direct_convolution_and_keeps_the_mean():
    image = torch.rand(1, 2, 30, 34)
    kernel = defocus_kernel(2.5, 0.5, 1.3, 30)
    reach = kernel.shape[0] // 2
    direct = torch.nn.functional.conv2d(image.transpose(0, 1), kernel.flip(0, 1)[None, None]).transpose(0, 1)
    torch.testing.assert_close(blur(image, [kernel], reach), direct, atol=1e-5, rtol=1e-5)
    flat = torch.full((1, 3, 40, 40), 0.3)
    torch.testing.assert_close(blur(flat, [kernel], 6), torch.full((1, 3, 28, 28), 0.3))


def test_a_kernel_larger_than_the_crop_is_explained():
    with pytest.raises(ValueError, match="larger crops"):
        blur(torch.rand(1, 3, 8, 8), [defocus_kernel(6, 0)], 3)


def test_no_spin_changes_nothing_and_spin_keeps_the_mean():
    image = torch.rand(1, 3, 33, 40)
    torch.testing.assert_close(spin_blur(image, 0.0, (3.0, -50.0)), image, atol=1e-5, rtol=0)
    torch.testing.assert_close(
        spin_blur(torch.full((1, 1, 24, 24), 0.4), 2.0, (0.0, 300.0)), torch.full((1, 1, 24, 24), 0.4)
    )


@pytest.mark.parametrize("radius, angle", [(100.0, 4.0), (300.0, 2.0)])
def test_a_point_spreads_over_the_arc(radius, angle):
    """At distance r of the centre the path is r * phi long, across the radius."""
    image = torch.zeros(1, 1, 65, 65)
    image[..., 32, 32] = 1
    trace = spin_blur(image, angle, (0.0, radius))[0, 0]
    rows = trace.sum(dim=1)
    assert (rows > 0.5 * rows.max()).sum().item() == pytest.approx(radius * math.radians(angle), abs=1)
    columns = trace.sum(dim=0)
    assert columns[31:34].sum() > 0.95


def test_noise_has_the_requested_variance():
    generator = torch.Generator().manual_seed(3)
    image = torch.full((1, 200, 200), 0.5)
    for electrons, noise in ((1e4, 0.004), (math.inf, 0.01), (500, 0.0)):
        noisy, sigma = add_noise(image, electrons, noise, generator), math.sqrt(0.5 / electrons + noise**2)
        assert noisy.mean().item() == pytest.approx(0.5, abs=4 * sigma / 200)
        assert noisy.std().item() == pytest.approx(sigma, rel=0.03)


def test_shot_noise_comes_before_read_noise_and_follows_the_signal():
    generator = torch.Generator().manual_seed(4)
    dark, bright = (add_noise(torch.full((1, 200, 200), level), 1000, 0.0, generator) for level in (0.1, 0.9))
    assert (bright.var() / dark.var()).item() == pytest.approx(9, rel=0.1)
    assert torch.allclose(dark * 1000, (dark * 1000).round(), atol=1e-3)  # whole electrons


def test_quantisation_lands_on_the_8_bit_grid():
    codes = quantise_8bit(torch.rand(1, 3, 8, 8) * 1.2 - 0.1) * 255
    torch.testing.assert_close(codes, codes.round(), atol=1e-4, rtol=0)
    assert codes.min() >= 0 and codes.max() <= 255


def test_the_dct_is_orthonormal():
    torch.testing.assert_close(dct_matrix() @ dct_matrix().T, torch.eye(8), atol=1e-6, rtol=0)


@pytest.mark.parametrize("quality", [50, 75, 90, 98])
def test_jpeg_tables_are_those_of_libjpeg(quality):
    stream = io.BytesIO()
    Image.fromarray(landscape(16, 16, 0)).save(stream, format="JPEG", quality=quality)
    tables = Image.open(stream).quantization
    zigzag = sorted(range(64), key=lambda i: (i // 8 + i % 8, (i % 8 if (i // 8 + i % 8) % 2 == 0 else i // 8)))
    for index, text in enumerate((LUMINANCE, CHROMINANCE)):
        ours, theirs = quantisation_table(text, quality).int().flatten().tolist(), list(tables[index])
        assert theirs in (ours, [ours[i] for i in zigzag])  # Pillow before 8.3 kept the zigzag order


@pytest.mark.parametrize("quality, halved", [(95, False), (90, True), (75, True)])
def test_jpeg_does_what_libjpeg_does(quality, halved):
    """Their integer DCT and chroma filters differ a little: the coding error is the same, the pixels nearly."""
    scene = landscape(60, 75, 7)
    stream = io.BytesIO()
    Image.fromarray(scene).save(stream, format="JPEG", quality=quality, subsampling=2 if halved else 0)
    theirs = torch.from_numpy(np.array(Image.open(stream))).permute(2, 0, 1).float() / 255
    sharp = torch.from_numpy(scene).permute(2, 0, 1).float() / 255
    ours = jpeg(sharp, quality, halved)
    assert ours.shape == sharp.shape
    between, error = (ours - theirs).square().mean(), (theirs - sharp).square().mean()
    assert between < 0.1 * error
    assert (ours - sharp).square().mean().item() == pytest.approx(error.item(), rel=0.05)


def test_degrade_cuts_the_margin_and_identity_without_noise_changes_nothing():
    sharp = torch.randint(0, 256, (1, 3, 40, 44)) / 255
    out = degrade(sharp, [Degradation()], 8)
    torch.testing.assert_close(out, sharp[..., 8:-8, 8:-8], atol=1e-6, rtol=0)


def test_a_drawn_degradation_is_replayed_from_json():
    rng, config = np.random.default_rng(0), PRESETS["stage1"]
    draws = [draw(rng, config) for _ in range(8)]
    replayed = [Degradation(**json.loads(json.dumps(dataclasses.asdict(d)))) for d in draws]
    size = 16 + 2 * config.margin()
    sharp = torch.rand(8, 3, size, size)
    assert torch.equal(degrade(sharp, draws, config.margin()), degrade(sharp, replayed, config.margin()))


@pytest.mark.parametrize("name", list(PRESETS))
def test_configs_are_saved_printed_and_replayed(name, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(to_json(PRESETS[name]))
    assert load_config(str(path)) == PRESETS[name] == load_config(name)


def test_configs_of_earlier_models_are_read():
    old = {"radius": [2.0, 6.0], "blur_sigma": [0.0, 0.7], "electrons": [2e4, 2e5], "noise_sigma": [0.002, 0.01]}
    assert from_dict({**old, "identity_fraction": 0.05}) == DegradationConfig()


@pytest.mark.parametrize(
    "entries, message",
    [
        ({"radius": [3, 2]}, "radius is"),
        ({"families": {"fog": 1}}, "expected positive shares"),
        ({"families": {"kernel": 1}}, "needs the samples"),
        ({"identity_fraction": 2}, "between 0 and 1"),
        ({"raduis": [1, 2]}, "unknown degradation entries"),
    ],
)
def test_bad_configs_are_explained(entries, message):
    with pytest.raises(ValueError, match=message):
        from_dict(entries)
    with pytest.raises(ValueError, match="no degradation missing"):
        load_config("missing")


def test_defocus_draws_stay_in_range_and_some_are_identities():
    rng, config = np.random.default_rng(0), DegradationConfig()
    drawn = [draw(rng, config) for _ in range(2000)]
    blurred = [d for d in drawn if d.family == "defocus"]
    assert all(2 <= d.radius <= 6 and 0 <= d.blur_sigma <= 0.7 for d in blurred)
    assert all(0.002 <= d.noise_sigma <= 0.01 for d in drawn)
    assert 0.03 < 1 - len(blurred) / len(drawn) < 0.07
    assert all(d.family in ("defocus", "identity") for d in drawn)


def test_every_family_of_stage_1_is_drawn_and_fits_the_margin():
    rng, config = np.random.default_rng(0), PRESETS["stage1"]
    drawn = [draw(rng, config) for _ in range(500)]
    assert {d.family for d in drawn} == {"defocus", "gaussian", "motion", "spin", "identity"}
    assert all(kernel_of(d).shape[0] // 2 <= config.margin() for d in drawn)
    grown = [d.radius for d in drawn if d.family == "defocus"]
    assert max(grown) > config.radius[1]  # towards the corners


def test_stage_2_stays_around_the_camera():
    rng, kernel = np.random.default_rng(0), disk_kernel(4.0)
    config = stage2(kernel, 0.005, jpeg_quality=90)
    assert from_dict(json.loads(to_json(config))) == config
    drawn = [draw(rng, config) for _ in range(400)]
    own = [d for d in drawn if d.family == "kernel"]
    assert 0.75 < len(own) / len(drawn) < 0.92  # 10 % generic, 5 % identities
    assert all(0.85 <= d.zoom <= 1.15 and 0.0025 <= d.noise_sigma <= 0.01 and 87 <= d.jpeg_quality <= 93 for d in own)
    assert all(kernel_of(d, config).shape[0] // 2 <= config.margin() for d in drawn)
    size = 16 + 2 * config.margin()
    assert degrade(torch.rand(2, 3, size, size), drawn[:2], config.margin(), config).shape == (2, 3, 16, 16)
