"""A camera with a secret blur: the commands of docs/estimation.md, as they stand there.

Needs a built package (npm run build). Continuous integration must not pass without.
"""

import json
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from train.data.images import read_image
from train.data.procedural import dead_leaves
from train.degrade.blur import blur
from train.degrade.kernels import defocus_kernel
from train.degrade.noise import add_noise, quantise_8bit
from train.evaluation.metrics import psnr
from train.network.mimo_unet import MIMOUNet, initialise
from train.network.weights import read_tensors, save_float
from train.specialise import characterise, parse_arguments

ROOT = pathlib.Path(__file__).parents[2]
TINY = "--iterations 2 --batch 2 --crop 32 --holdout 0 --generated 0 --qat 1"
READ_NOISE, ELECTRONS = 0.003, 20000
IS_BUILT = (ROOT / "dist/cli/main.js").exists() and (ROOT / "build/Release/perifocal.node").exists()
if not IS_BUILT and os.environ.get("CI"):
    pytest.fail("the package is not built: npm run build", pytrace=False)


def documented_commands():
    """Of the first block of docs/estimation.md, without comments."""
    block = re.search(r"```sh\n(.*?)```", (ROOT / "docs/estimation.md").read_text(), re.DOTALL).group(1)
    return [line.split("#")[0].strip() for line in block.splitlines()]


@pytest.fixture
def workplace(tmp_path, scene_folder, monkeypatch):
    """A folder laid out as a checkout, with a small network, and both commands on the path."""
    (tmp_path / "dist").symlink_to(ROOT / "dist")
    weights = tmp_path / "train/weights/eo-defocus-small.fp16.safetensors"
    weights.parent.mkdir(parents=True)
    save_float(weights, initialise(MIMOUNet(1, 8), torch.Generator().manual_seed(0)), {})
    commands = tmp_path / "bin"
    commands.mkdir()
    for name, command in [("perifocal", f'node "{ROOT}/dist/cli/main.js"'), ("python", f'"{sys.executable}"')]:
        (commands / name).write_text(f'#!/bin/sh\nexec {command} "$@"\n')
        (commands / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{commands}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("DATA", str(scene_folder))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def sh(command):
    result = subprocess.run(command, shell=True, check=False, capture_output=True, text=True)
    assert result.returncode == 0, f"{command}\n{result.stdout}\n{result.stderr}"


def secret_frame(kernel):
    """The sharp scene and the frame that a camera of this kernel takes of it, uint8."""
    margin = kernel.shape[0] // 2
    wide = dead_leaves(400 + 2 * margin, 512 + 2 * margin, 5)
    batch = torch.from_numpy(wide).permute(2, 0, 1)[None].float() / 255
    noisy = add_noise(blur(batch, [kernel], margin), ELECTRONS, READ_NOISE, torch.Generator().manual_seed(3))
    frame = (quantise_8bit(noisy)[0].permute(1, 2, 0) * 255).round().byte().numpy()
    return wide[margin:-margin, margin:-margin], frame


@pytest.mark.skipif(not IS_BUILT, reason="the package is not built: npm run build")
def test_a_secret_camera_is_estimated_deconvolved_and_trained_for(workplace):
    estimate, deconvolve, specialise = documented_commands()
    kernel = defocus_kernel(3.7, 0.6)
    sharp, frame = secret_frame(kernel)
    Image.fromarray(frame).save("frame.png")
    np.save("true.npy", kernel.numpy())
    sh(estimate)
    sh(deconvolve)
    sh("perifocal deconvolve frame.png --psf true.npy -o known.png")
    inside = (slice(16, -16), slice(16, -16))
    files = ("frame.restored.png", "known.png")
    found, known = (psnr(read_image(name)[inside] / 255, sharp[inside] / 255) for name in files)
    assert found > known - 0.3 and found > psnr(frame[inside] / 255, sharp[inside] / 255) + 2

    sh(f"{specialise} {TINY}")
    _, metadata = read_tensors("models/my-camera.safetensors")
    degradation = json.loads(metadata["degradation"])
    record = json.loads(pathlib.Path("kernel.json").read_text())
    np.testing.assert_allclose(degradation["kernel"], np.load("kernel.npy"), atol=1e-6)
    assert degradation["noise_sigma"] == pytest.approx([record["noise"]["readNoise"] * f for f in (0.5, 2)])
    assert record["noise"]["readNoise"] == pytest.approx(READ_NOISE, rel=0.4)
    assert record["noise"]["electronsAtFullScale"] == pytest.approx(ELECTRONS, rel=0.4)
    assert degradation["electrons"] == pytest.approx([record["noise"]["electronsAtFullScale"] * f for f in (0.5, 2)])


def arguments(*options):
    return parse_arguments([*options, "--name", "x", "--init", "x", "--data", "x"])[0]


@pytest.mark.parametrize(
    "record",
    ["none", "[]", '{"noise": 3}', '{"noise": {"readNoise": -1}}', '{"noise": {"electronsAtFullScale": "many"}}'],
)
def test_an_estimate_that_is_none_is_explained(tmp_path, record):
    np.save(tmp_path / "kernel.npy", np.ones((3, 3)))
    (tmp_path / "kernel.json").write_text(record)
    with pytest.raises(ValueError, match="kernel.json.*expected"):
        characterise(arguments("--estimate", str(tmp_path / "kernel.json")))


def test_noise_that_is_given_counts_and_noise_that_is_unknown_is_asked_for(tmp_path):
    np.save(tmp_path / "kernel.npy", np.ones((3, 3)))
    estimate = ["--estimate", str(tmp_path / "kernel.json")]
    (tmp_path / "kernel.json").write_text('{"noise": null}')
    with pytest.raises(ValueError, match="give --noise"):
        characterise(arguments(*estimate))
    (tmp_path / "kernel.json").write_text('{"noise": {"readNoise": 0.01, "electronsAtFullScale": null}}')
    assert characterise(arguments(*estimate))[1:] == (0.01, float("inf"))
    assert characterise(arguments(*estimate, "--noise", "0.02", "--electrons", "900"))[1:] == (0.02, 900)
