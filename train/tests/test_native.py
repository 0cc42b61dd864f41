"""From weights to the native engine: what the engine computes against the simulation and the float network.

Needs a built package (npm run build). Continuous integration must not pass without.
"""

import json
import os
import pathlib
import subprocess

import numpy as np
import pytest
import torch
from PIL import Image

from train import recipes, specialise
from train.data.procedural import dead_leaves, landscape
from train.degrade.fill import fill
from train.degrade.gaps import KINDS, gap_mask
from train.evaluate import main as evaluate_main
from train.evaluation import classical
from train.evaluation.conditions import defocus, degraded
from train.evaluation.metrics import psnr, ssim
from train.evaluation.report import ZOOM
from train.evaluation.restorers import ENGINE, restore_float, restore_native, run_engine, simulation
from train.export import export
from train.export import parse_arguments as export_arguments
from train.network.mimo_unet import MIMOUNet
from train.network.official import load_official
from train.network.weights import load_float, read_tensors, save_float
from train.train import parse_arguments, train

ROOT = pathlib.Path(__file__).parents[2]
TINY = ["--batch", "2", "--crop", "32", "--holdout", "0", "--generated", "0"]
IS_BUILT = (ROOT / "dist/cli/main.js").exists() and (ROOT / "build/Release/perifocal.node").exists()
if not IS_BUILT and os.environ.get("CI"):
    pytest.fail("the package is not built: npm run build", pytrace=False)
pytestmark = pytest.mark.skipif(not IS_BUILT, reason="the package is not built: npm run build")


@pytest.fixture(autouse=True)
def in_the_checkout(monkeypatch):
    monkeypatch.chdir(ROOT)


def exported(folder, data, *options):
    places = ["--data", str(data), "--out", str(folder), "--weights", str(folder), "--name", "model"]
    return export(export_arguments([*places, "--crops", "6", "--crop", "48", *options]))


@pytest.fixture(scope="module")
def run(scene_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    options = ["--num-res", "1", "--base", "8", *TINY, "--lr", "2e-3"]
    train(parse_arguments(["--data", str(scene_folder), "--run", str(folder), "--iterations", "20", *options]))
    return folder


@pytest.mark.parametrize("qat", ["0", "4"])
def test_the_engine_computes_the_fake_quantised_network(run, scene_folder, tmp_path, qat):
    """Identical codes; a network trained with fake quantisation exports exactly what it computed."""
    model = exported(tmp_path, scene_folder, "--run", str(run), "--qat", qat, "--onnx", str(tmp_path / "model.onnx"))
    tensors, metadata = read_tensors(model)
    assert (
        metadata["num_res"] == "1" and metadata["base"] == "8" and json.loads(metadata["training"])["iterations"] == 20
    )
    for image in (degraded(dead_leaves(61, 74, 9), defocus(3.0, 0.005)), landscape(64, 48, 2)):
        assert np.array_equal(restore_native(ENGINE, model, image), simulation(tensors, metadata).restore(image))
    assert (tmp_path / "model.onnx").stat().st_size > 10_000


def test_exported_weights_start_another_run_and_are_exported_again(run, scene_folder, tmp_path):
    exported(tmp_path, scene_folder, "--run", str(run), "--raw")
    weights = str(tmp_path / "model.fp16.safetensors")
    options = ["--num-res", "1", "--base", "8", *TINY, "--iterations", "1"]
    assert (
        train(
            parse_arguments(["--data", str(scene_folder), "--run", str(tmp_path / "next"), "--init", weights, *options])
        ).iteration
        == 1
    )
    again = exported(tmp_path, scene_folder, "--float", weights, "--clipping", "percentile")
    assert "percentile" in read_tensors(again)[1]["calibration"]


@pytest.mark.parametrize("legacy", [False, True])
def test_an_official_checkpoint_is_restored_within_40_db(scene_folder, tmp_path, legacy):
    """PyTorch's own random initialisation, the shape of MIMO-UNet at half its width; float against the engine."""
    torch.manual_seed(5)
    torch.save({"model": MIMOUNet(8, 16).state_dict()}, tmp_path / "net.pkl", _use_new_zipfile_serialization=not legacy)
    save_float(tmp_path / "net.safetensors", load_official(tmp_path / "net.pkl"), {}, half=False)
    model = exported(tmp_path, scene_folder, "--float", str(tmp_path / "net.safetensors"))
    image = degraded(landscape(96, 112, 21), defocus(3.0, 0.0))
    float_model = load_float(tmp_path / "net.safetensors")[0]
    assert psnr(restore_native(ENGINE, model, image) / 255, restore_float(float_model, image)) >= 40


def test_an_alpha_needs_a_gan_run(run, scene_folder, tmp_path):
    with pytest.raises(ValueError, match="only runs with a GAN phase"):
        exported(tmp_path, scene_folder, "--run", str(run), "--alpha", "0.5")


def test_an_evaluation_writes_tables_pictures_and_bars(run, scene_folder, val_folder, tmp_path, capsys):
    model = exported(tmp_path, scene_folder, "--run", str(run), "--val", str(val_folder))
    weights = str(tmp_path / "model.fp16.safetensors")
    files = ["--val", str(val_folder), "--float", weights, "--model", str(model), "--out", str(tmp_path / "out")]
    evaluate_main([*files, "--headline", "--simulate", "--size", "64"])
    report = json.loads((tmp_path / "out/report.json").read_text())
    figures = report["records"][0]["figures"]
    assert list(figures) == ["input", "float", "int8 simulated", "int8"]
    assert figures["int8"] == pytest.approx(figures["int8 simulated"], abs=1e-9) and 0 < figures["float"]["ssim"] < 1
    assert "Bars" in (tmp_path / "out/report.md").read_text() and "PSNR gain at R 4" in capsys.readouterr().out
    assert len(list((tmp_path / "out/pictures").iterdir())) == 2
    with Image.open(tmp_path / "out/frames/iss_frame.png") as frame:
        assert frame.height == 64 * ZOOM


def test_a_camera_gets_its_model_in_one_command(run, scene_folder, tmp_path):
    exported(tmp_path, scene_folder, "--run", str(run))
    kernel = np.outer([1, 4, 6, 4, 1], [1, 2, 3, 2, 1])
    Image.fromarray((kernel * 10).astype(np.uint8)).save(tmp_path / "kernel.png")
    options = [
        "--noise",
        "0.005",
        "--jpeg",
        "90",
        "--name",
        "camera",
        "--data",
        str(scene_folder),
        "--runs",
        str(tmp_path),
    ]
    places = ["--out", str(tmp_path), "--weights", str(tmp_path), "--init", str(tmp_path / "model.fp16.safetensors")]
    training = ["--iterations", "2", *TINY, "--qat", "1"]
    model = specialise.specialise(["--kernel", str(tmp_path / "kernel.png"), *options, *places, *training])
    degradation = json.loads(read_tensors(model)[1]["degradation"])
    assert len(degradation["kernel"]) == 5 and degradation["families"] == {"kernel": 1.0}


def test_a_recipe_grows_from_another_model_and_resumes(run, scene_folder, tmp_path, monkeypatch):
    exported(tmp_path, scene_folder, "--run", str(run))
    monkeypatch.setitem(recipes.RECIPES, "eo-defocus", recipes.Recipe("model", 2, 16, ("--lr", "1e-4")))
    places = ["--data", str(scene_folder), "--runs", str(tmp_path), "--out", str(tmp_path), "--weights", str(tmp_path)]
    training = ["--iterations", "2", *TINY, "--qat", "0"]
    for _ in range(2):
        _, metadata = read_tensors(recipes.main(["eo-defocus", *places, *training]))
    assert (metadata["num_res"], metadata["base"], metadata["name"]) == ("2", "16", "eo-defocus")
    assert json.loads(metadata["training"])["iterations"] == 2
    monkeypatch.setitem(recipes.RECIPES, "eo-defocus-plus", recipes.Recipe("missing", 2, 16, ()))
    with pytest.raises(FileNotFoundError, match="produce missing first"):
        recipes.main(["eo-defocus-plus", *places])


def test_every_classical_rival_is_tuned_on_the_truth():
    """Each gains over its input; a strength that leaves the input as it is would gain nothing."""
    sharp, condition = dead_leaves(96, 112, 3), defocus(3.0, 0.005)
    blurred = degraded(sharp, condition)
    rivals = classical.best(ENGINE, blurred, condition, sharp / 255)
    assert set(rivals) == set(classical.METHODS)
    for name, figures in rivals.items():
        assert figures["psnr"] > psnr(blurred / 255, sharp / 255) + 1, name
        assert figures["ssim"] > ssim(blurred / 255, sharp / 255), name


FILL = """
import { readFileSync, writeFileSync } from 'node:fs';
import { fillMissing } from './dist/image/missing/fill.js';
import { Pauses } from './dist/runtime/pauses.js';
const [folder, width, height] = process.argv.slice(1);
const [data, valid] = ['image', 'valid'].map((name) => new Uint8Array(readFileSync(`${folder}/${name}`)));
const frame = { width: +width, height: +height, channels: 3, depth: 8, white: 255, rgb: true, alpha: false, data };
writeFileSync(`${folder}/filled`, (await fillMissing(frame, valid, new Pauses(), undefined, 'curved')).data);
"""


@pytest.mark.parametrize("kind", KINDS)
def test_training_fills_gaps_as_the_engine_does(kind, tmp_path):
    image, valid = landscape(70, 70, 5)[:, :61], gap_mask(kind, 70, 4)[:, :61]
    (tmp_path / "image").write_bytes(image.tobytes())
    (tmp_path / "valid").write_bytes(valid.astype(np.uint8).tobytes())
    command = ["node", "--input-type=module", "-e", FILL, str(tmp_path), "61", "70"]
    subprocess.run(command, check=True, capture_output=True)
    assert (tmp_path / "filled").read_bytes() == fill(image, valid).tobytes()


@pytest.mark.parametrize("kind", ["straight", "round", "ragged"])
def test_the_engine_shows_the_network_gaps_as_training_does(kind, run, scene_folder, tmp_path):
    """Identical codes, beside gaps too."""
    tensors, metadata = read_tensors(model := exported(tmp_path, scene_folder, "--run", str(run)))
    image, valid = degraded(landscape(64, 64, 6), defocus(3.0, 0.005)), gap_mask(kind, 64, 9)
    Image.fromarray(valid.astype(np.uint8) * 255).save(tmp_path / "mask.png")
    options = ["--model", str(model), "--mask", str(tmp_path / "mask.png"), "--quiet"]
    restored = run_engine(ENGINE, image, lambda source, target: ["restore", source, "-o", target, *options])
    expected = simulation(tensors, metadata).restore(image, valid)
    assert np.array_equal(restored, expected) and np.array_equal(restored[~valid], image[~valid])
