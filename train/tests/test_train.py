import csv
import json
import math
import pathlib

import pytest
import torch

from train.features import load_features, train_features
from train.features import parse_arguments as features_arguments
from train.network.mimo_unet import MIMOUNet, initialise
from train.network.weights import load_float, save_float
from train.optimise.checkpoint import load_checkpoint, save_checkpoint
from train.optimise.schedule import averaging_share, learning_rate, update_average
from train.optimise.trainer import BadBatch, Trainer
from train.train import parse_arguments, train

TINY = [
    "--generated",
    "0",
    "--num-res",
    "1",
    "--base",
    "8",
    "--batch",
    "2",
    "--crop",
    "32",
    "--warmup",
    "2",
    "--log-every",
    "1",
]


def arguments(folder, run, *more):
    return parse_arguments(["--data", str(folder), "--run", str(run), *TINY, "--sheet-every", "20", *more])


@pytest.fixture(scope="module")
def features_file(scene_folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("features") / "features.safetensors"
    options = ["--width", "4", "--iterations", "20", "--batch", "4", "--crop", "32"]
    _, loss = train_features(features_arguments(["--data", str(scene_folder), "--out", str(path), *options]))
    assert math.isfinite(loss)
    return path


@pytest.fixture(scope="module")
def teacher_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    save_float(path, initialise(MIMOUNet(2, 16), torch.Generator().manual_seed(0)), {})
    return path


GAN = ["--crop", "64", "--adversarial", "0.01", "--adversarial-from", "0.5", "--discriminator-width", "4"]


def test_stage_1_runs_logs_and_draws_sheets(scene_folder, tmp_path):
    trainer = train(
        arguments(scene_folder, tmp_path, "--iterations", "20", "--degradation", "stage1", "--generated", "0.2")
    )
    log = list(csv.DictReader((tmp_path / "log.csv").open()))
    assert trainer.iteration == 20 and len(log) == 22  # 20 losses, the last sheet twice
    assert float(log[-1]["psnr"]) > 5 and (tmp_path / "sheets" / "000020.png").stat().st_size > 1000
    assert json.loads((tmp_path / "degradation.json").read_text())["jpeg_fraction"] == 0.5


def test_stage_2_with_every_loss_runs_and_keeps_both_checkpoints(scene_folder, features_file, teacher_file, tmp_path):
    losses = ["--features", str(features_file), "--teacher", str(teacher_file), *GAN]
    trainer = train(arguments(scene_folder, tmp_path, "--iterations", "20", "--holdout", "0", *losses))
    last, before = (load_checkpoint(tmp_path / name) for name in ("checkpoint.pt", "psnr.pt"))
    assert trainer.iteration == 20 and trainer.discriminator > 0
    different = [k for k in last["ema"] if not torch.equal(last["ema"][k], before["ema"][k])]
    assert len(different) == len(last["ema"])
    discriminator = [row["discriminator"] for row in csv.DictReader((tmp_path / "log.csv").open())]
    assert not any(discriminator[:10]) and all(discriminator[10:20])


WINOGRAD = ["--base", "16", "--winograd", "--precision", "float32"]


@pytest.mark.parametrize("extra", [[], GAN, WINOGRAD])
def test_a_resumed_run_equals_an_uninterrupted_one(scene_folder, teacher_file, tmp_path, extra):
    """Bit for bit, optimiser state included; with the GAN the pause lies in its phase."""
    options = ["--iterations", "6", "--teacher", str(teacher_file), *extra]
    whole = Trainer(arguments(scene_folder, tmp_path, *options))
    for _ in range(6):
        whole.step()
    first = Trainer(arguments(scene_folder, tmp_path, *options))
    for _ in range(4):
        first.step()
    save_checkpoint(first.state(), tmp_path / "b.pt")
    second = Trainer(arguments(scene_folder, tmp_path, *options))
    second.restore(load_checkpoint(tmp_path / "b.pt"))
    for _ in range(2):
        second.step()
    assert_same({k: v for k, v in whole.state().items() if k not in ("arguments", "seconds")}, second.state())


def assert_same(a, b, path=""):
    if torch.is_tensor(a):
        assert torch.equal(a, b), path
    elif isinstance(a, dict):
        for key in a:
            assert_same(a[key], b[key], f"{path}/{key}")
    elif isinstance(a, list):
        for index, (x, y) in enumerate(zip(a, b)):
            assert_same(x, y, f"{path}/{index}")
    else:
        assert a == b, path


def test_training_lowers_the_loss(scene_folder, tmp_path):
    args = arguments(scene_folder, tmp_path, "--iterations", "40", "--lr", "2e-3", "--holdout", "0")
    untrained = Trainer(args)
    pairs = [untrained.batch()[:2] for _ in range(10)]

    @torch.no_grad()
    def loss(trainer):
        return sum(trainer.loss(trainer.model(degraded), degraded, sharp).item() for degraded, sharp in pairs)

    before = loss(untrained)
    assert loss(train(args)) < 0.97 * before


def test_a_finished_run_does_nothing_more(scene_folder, tmp_path):
    args = arguments(scene_folder, tmp_path, "--iterations", "2")
    train(args)
    before = (tmp_path / "checkpoint.pt").read_bytes()
    assert train(args).iteration == 2 and (tmp_path / "checkpoint.pt").read_bytes() == before


def test_other_shapes_are_neither_resumed_nor_continued(scene_folder, teacher_file, tmp_path):
    train(arguments(scene_folder, tmp_path, "--iterations", "1"))
    with pytest.raises(ValueError, match="use another --run"):
        train(arguments(scene_folder, tmp_path, "--iterations", "1", "--base", "16"))
    with pytest.raises(ValueError, match="train.network.grow"):
        train(arguments(scene_folder, tmp_path / "new", "--iterations", "1", "--init", str(teacher_file)))


def test_a_checkpoint_that_is_none_is_explained(scene_folder, tmp_path):
    (tmp_path / "checkpoint.pt").write_bytes(b"torn")
    with pytest.raises(ValueError, match="checkpoint.pt is no checkpoint"):
        train(arguments(scene_folder, tmp_path, "--iterations", "1"))


def test_a_loss_that_is_not_finite_stops_the_run_and_names_the_batch(scene_folder, tmp_path, monkeypatch):
    train(arguments(scene_folder, tmp_path, "--iterations", "2", "--holdout", "0"))
    before = (tmp_path / "checkpoint.pt").read_bytes()
    monkeypatch.setattr(Trainer, "loss", lambda self, outputs, *_: outputs[2].sum() * math.nan)
    with pytest.raises(BadBatch, match=r"iteration 2 on .*_rgb.png at \(.*smaller --lr"):
        train(arguments(scene_folder, tmp_path, "--iterations", "3", "--holdout", "0"))
    assert (tmp_path / "checkpoint.pt").read_bytes() == before
    assert len(json.loads((tmp_path / "bad-batch.json").read_text())["crops"]) == 2


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    save_checkpoint({"iteration": 1}, tmp_path / "checkpoint.pt")

    def full(state, file):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="what was there before is kept"):
        save_checkpoint({"iteration": 2}, tmp_path / "checkpoint.pt")
    assert load_checkpoint(tmp_path / "checkpoint.pt") == {"iteration": 1}
    assert [p.name for p in pathlib.Path(tmp_path).iterdir()] == ["checkpoint.pt"]


def test_a_checkpoint_of_an_earlier_trainer_is_resumed(scene_folder, tmp_path):
    trainer = Trainer(arguments(scene_folder, tmp_path, "--iterations", "2"))
    trainer.step()
    old = {k: v for k, v in trainer.state().items() if k not in ("adapter", "adversary", "before_gan")}
    save_checkpoint({**old, "noise": torch.Generator().get_state()}, tmp_path / "checkpoint.pt")
    assert train(arguments(scene_folder, tmp_path, "--iterations", "2")).iteration == 2


def test_learning_rates_warm_up_and_follow_their_schedule():
    assert learning_rate("cosine", 0, 0.0, 1e-3, 100) == pytest.approx(1e-5)
    assert learning_rate("cosine", 100, 0.5, 1e-3, 100) == pytest.approx(0.5e-3, rel=0.01)
    assert learning_rate("cosine", 9999, 1.0, 1e-3, 100) == pytest.approx(1e-6)
    # The paper: 1e-4 halved every 500 of 3000 iterations.
    rates = [learning_rate("multistep", i, i / 3000, 1e-4, 0) for i in (0, 499, 500, 1000, 2999)]
    assert rates == pytest.approx([1e-4, 1e-4, 5e-5, 2.5e-5, 1e-4 / 32])


def test_the_average_spans_a_share_of_the_run():
    """Power-function weights: the mean age of what is averaged is t / (power + 2)."""
    model, average = torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)
    assert averaging_share(1) == 1
    for iteration in range(1, 2001):
        model.weight.data.fill_(iteration)
        update_average(average, model, iteration)
    assert 2000 - average.weight.item() == pytest.approx(2000 / 18, rel=0.02)


def test_the_time_budget_ends_the_schedule(scene_folder, tmp_path):
    trainer = Trainer(arguments(scene_folder, tmp_path, "--iterations", "100", "--minutes", "2"))
    trainer.iteration, trainer.seconds = 10, 90.0
    assert trainer.progress() == pytest.approx(0.75)


def test_presets_give_way_to_options():
    needed = ["--data", "d", "--run", "r", "--preset", "paper"]
    assert parse_arguments(needed).lr == 1e-4 and parse_arguments(needed).iterations == 3000
    assert parse_arguments([*needed, "--lr", "3e-4"]).lr == 3e-4
    with pytest.raises(SystemExit):
        parse_arguments([*needed, "--crop", "30"])


def test_bfloat16_trains_too(scene_folder, tmp_path):
    trainer = Trainer(arguments(scene_folder, tmp_path, "--precision", "bfloat16"))
    loss, norm = trainer.step()
    assert math.isfinite(loss) and math.isfinite(norm)
    assert next(trainer.model.parameters()).dtype == torch.float32


def test_features_come_back_with_their_deviations(features_file):
    features = load_features(features_file)
    assert features.deviations.shape == (3,) and (features.deviations > 0).all() and (features.deviations != 1).all()


def test_weights_that_are_no_features_are_explained(teacher_file):
    with pytest.raises(ValueError, match="python -m train.features"):
        load_features(teacher_file)


def test_half_precision_weights_come_back(tmp_path):
    model = initialise(MIMOUNet(1, 8), torch.Generator().manual_seed(0))
    save_float(tmp_path / "w.safetensors", model, {"training": "{}"})
    loaded, metadata = load_float(tmp_path / "w.safetensors")
    assert metadata["training"] == "{}"
    for a, b in zip(model.parameters(), loaded.parameters()):
        torch.testing.assert_close(a, b, atol=1e-3, rtol=1e-3)
    (tmp_path / "text.safetensors").write_text("no")
    with pytest.raises(ValueError, match="no safetensors file"):
        load_float(tmp_path / "text.safetensors")
