"""Train MIMO-UNet on synthetic blur: python -m train.train --data FOLDER --run FOLDER.

The same command resumes from the run's last checkpoint, bit for bit. The learning rate follows its schedule in
max(iterations done / --iterations, time spent / --minutes): a slow machine shortens the run, and its schedule still
ends. A folder of a run holds checkpoint.pt, log.csv, sheets/, and psnr.pt from the start of the GAN phase on.
"""

import argparse
import json
import math
import time
from pathlib import Path

import numpy as np

from .degrade.config import to_json
from .optimise.checkpoint import BEFORE_GAN, CHECKPOINT, load_checkpoint, save_checkpoint
from .optimise.log import Log
from .optimise.schedule import SCHEDULES
from .optimise.trainer import BadBatch, Trainer
from .optimise.validation import Validation

# The recipe of arXiv 2505.22128: 3000 iterations of 4 crops, the rate halved every 500.
PRESETS = {
    "cpu": {"num_res": 8, "base": 16, "batch": 8, "crop": 128, "iterations": 12000, "lr": 6e-4, "schedule": "cosine"},
    "paper": {
        "num_res": 20,
        "base": 32,
        "batch": 4,
        "crop": 256,
        "iterations": 3000,
        "lr": 1e-4,
        "schedule": "multistep",
    },
    "gpu30": {
        "num_res": 20,
        "base": 32,
        "batch": 16,
        "crop": 256,
        "iterations": 40000,
        "lr": 3e-4,
        "schedule": "cosine",
        "warmup": 500,
        "minutes": 20,
    },
}


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.train", description=__doc__)
    parser.add_argument("--data", required=True, help="folder of sharp images, or an index of one")
    parser.add_argument("--run", required=True, help="folder of the checkpoint and the log")
    parser.add_argument("--preset", choices=PRESETS, help="values of the options below, unless given")
    parser.add_argument("--degradation", default="defocus", help="defocus (2-6 px), stage1 (broad), or a JSON file")
    parser.add_argument("--init", help="float weights to start from")
    parser.add_argument("--teacher", help="float weights of a network to imitate")
    parser.add_argument("--features", help="feature network of train.features: adds the perceptual loss")
    parser.add_argument("--perceptual", type=float, default=0.05, help="weight of the perceptual loss")
    parser.add_argument("--adversarial", type=float, default=0.0, help="weight of the GAN loss, such as 0.005")
    parser.add_argument("--adversarial-from", type=float, default=0.6, help="share of the run before the GAN phase")
    parser.add_argument("--discriminator-width", type=int, default=64)
    parser.add_argument("--num-res", type=int, default=8)
    parser.add_argument("--base", type=int, default=16)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--crop", type=int, default=128, help="pixels, a multiple of 4")
    parser.add_argument("--iterations", type=int, default=12000)
    parser.add_argument("--minutes", type=float, default=math.inf, help="wall-clock budget")
    parser.add_argument("--lr", type=float, default=6e-4)
    parser.add_argument("--schedule", choices=SCHEDULES, default="cosine")
    parser.add_argument("--warmup", type=int, default=200, help="iterations of linear warm-up")
    parser.add_argument("--precision", choices=["auto", "float32", "bfloat16"], default="auto")
    parser.add_argument("--winograd", action="store_true", help="own 3x3 convolutions: CPU, float32, needs c++")
    parser.add_argument("--holdout", type=float, default=0.05, help="share of the places kept for validation sheets")
    parser.add_argument("--generated", type=float, default=0.1, help="share of crops from generated scenes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=float, default=180.0, help="seconds between checkpoints")
    parser.add_argument("--log-every", type=int, default=50, help="iterations between lines of the log")
    parser.add_argument("--sheet-every", type=int, default=1000, help="iterations between validation sheets")
    preset = parser.parse_known_args(argv)[0].preset
    parser.set_defaults(**PRESETS.get(preset, {}))
    args = parser.parse_args(argv)
    if args.crop % 4 or args.crop < 16:
        parser.error(f"--crop is {args.crop}: expected a multiple of 4 from 16 on")
    return args


class Run:
    """The folder of a run, and the clock."""

    def __init__(self, args):
        self.args, self.folder = args, Path(args.run)
        self.checkpoint = self.folder / CHECKPOINT
        self.trainer = Trainer(args)
        if self.checkpoint.exists():
            self.trainer.restore(load_checkpoint(self.checkpoint))
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "degradation.json").write_text(to_json(self.trainer.config), encoding="utf-8")
        self.validation = Validation(args.data, args.holdout, self.trainer.config, args.crop) if args.holdout else None
        self.log = Log(self.folder, self.trainer.iteration, args.iterations)
        self.losses, self.saved = [], time.monotonic()

    def step(self):
        trainer, begin = self.trainer, time.monotonic()
        try:
            loss, norm = trainer.step()
        except BadBatch as error:
            (self.folder / "bad-batch.json").write_text(json.dumps(error.batch, indent=1), encoding="utf-8")
            raise
        trainer.seconds += time.monotonic() - begin
        self.losses.append(loss)
        self.log.step(loss)
        if trainer.iteration % self.args.log_every == 0:
            self._write_log(norm)
        if self.validation and trainer.iteration % self.args.sheet_every == 0:
            self.validate()
        if time.monotonic() - self.saved > self.args.save_every:
            self.save()

    def _write_log(self, norm):
        trainer = self.trainer
        self.log.write(
            trainer.iteration,
            loss=float(np.mean(self.losses)),
            norm=norm,
            lr=trainer.optimiser.param_groups[0]["lr"],
            minutes=trainer.seconds / 60,
            discriminator=trainer.discriminator,
        )
        self.losses.clear()

    def validate(self):
        sheet = self.folder / "sheets" / f"{self.trainer.iteration:06d}.png"
        self.log.write(self.trainer.iteration, psnr=self.validation.run(self.trainer.average, sheet))

    def save(self):
        state = self.trainer.state()
        if state["before_gan"] and not (self.folder / BEFORE_GAN).exists():
            save_checkpoint(
                {**state, "model": state["before_gan"], "ema": state["before_gan"]}, self.folder / BEFORE_GAN
            )
        save_checkpoint(state, self.checkpoint)
        self.saved = time.monotonic()

    def close(self):
        self.log.close()


def train(args):
    run = Run(args)
    begun = run.trainer.iteration
    try:
        while run.trainer.progress() < 1:
            run.step()
        if run.trainer.iteration > begun:
            if run.validation:
                run.validate()
            run.save()
    finally:
        run.close()
    return run.trainer


if __name__ == "__main__":
    train(parse_arguments())
