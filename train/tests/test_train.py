import json
import math

import pytest
import torch

from train.train import Trainer, learning_rate, load_checkpoint, parse_arguments, save_checkpoint, train


def arguments(folder, run, *more):
    tiny = ["--num-res", "1", "--base", "8", "--batch", "2", "--crop", "32", "--warmup", "2", "--log-every", "1"]
    return parse_arguments(["--data", str(folder), "--run", str(run), *tiny, *more])


def test_a_resumed_run_equals_an_uninterrupted_one(scene_folder, tmp_path):
    whole = Trainer(arguments(scene_folder, tmp_path / "a", "--iterations", "6"))
    for _ in range(6):
        whole.step()
    first = Trainer(arguments(scene_folder, tmp_path / "b", "--iterations", "6"))
    for _ in range(3):
        first.step()
    save_checkpoint(first.state(), tmp_path / "b.pt")
    second = Trainer(arguments(scene_folder, tmp_path / "b", "--iterations", "6"))
    second.restore(load_checkpoint(tmp_path / "b.pt"))
    for _ in range(3):
        second.step()
    for name in ("model", "ema"):
        for (key, a), b in zip(whole.state()[name].items(), second.state()[name].values()):
            assert torch.equal(a, b), (name, key)


def test_training_lowers_the_loss_and_logs_it(scene_folder, tmp_path):
    trainer = train(arguments(scene_folder, tmp_path, "--iterations", "40", "--lr", "2e-3"))
    log = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert trainer.iteration == 40 and len(log) == 40
    mean = lambda records: sum(r["loss"] for r in records) / len(records)
    assert mean(log[-10:]) < mean(log[:10])


def test_a_finished_run_does_nothing_more(scene_folder, tmp_path):
    args = arguments(scene_folder, tmp_path, "--iterations", "2")
    train(args)
    assert train(args).iteration == 2


def test_another_shape_is_not_resumed(scene_folder, tmp_path):
    train(arguments(scene_folder, tmp_path, "--iterations", "1"))
    with pytest.raises(ValueError, match="use another --run"):
        train(arguments(scene_folder, tmp_path, "--iterations", "1", "--base", "16"))


def test_a_loss_that_is_not_finite_stops_the_run(scene_folder, tmp_path):
    trainer = Trainer(arguments(scene_folder, tmp_path))
    with torch.no_grad():
        trainer.model.feat_extract[5].main[0].bias.fill_(math.nan)
    with pytest.raises(FloatingPointError, match="smaller --lr"):
        trainer.step()


def test_learning_rate_warms_up_and_ends_small():
    assert learning_rate(0, 0.0, 1e-3, 100) == pytest.approx(1e-5)
    assert learning_rate(100, 0.5, 1e-3, 100) == pytest.approx(0.5e-3, rel=0.01)
    assert learning_rate(9999, 1.0, 1e-3, 100) == pytest.approx(1e-6)


def test_the_time_budget_ends_the_schedule(scene_folder, tmp_path):
    trainer = Trainer(arguments(scene_folder, tmp_path, "--iterations", "100", "--minutes", "2"))
    trainer.iteration, trainer.seconds = 10, 90.0
    assert trainer.progress() == pytest.approx(0.75)
