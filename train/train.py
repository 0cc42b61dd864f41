"""Train MIMO-UNet on synthetic defocus: python -m train.train --data FOLDER --run FOLDER.

The same command resumes from the run's last checkpoint. The learning rate follows a cosine in
max(iterations done / --iterations, time spent / --minutes): a slow machine shortens the run, and
its schedule still ends.
"""

import argparse
import copy
import json
import math
import os
import time
from pathlib import Path

import numpy as np
import torch

from .data import CropSampler, load_scenes
from .degrade import DegradationRange, degrade, draw
from .losses import restoration_loss
from .model import MIMOUNet, initialise
from .weights import load_float

FINAL_LR_RATIO = 1e-3
EMA_DECAY = 0.999
EMA_RAMP = 10  # decay = min(EMA_DECAY, (1 + t) / (EMA_RAMP + t)): short memory at the start
MAX_GRADIENT_NORM = 1.0


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.train", description=__doc__)
    parser.add_argument("--data", required=True, help="folder of sharp images")
    parser.add_argument("--run", required=True, help="folder of the checkpoint and the log")
    parser.add_argument("--init", help="float weights to start from (safetensors of train.export)")
    parser.add_argument("--num-res", type=int, default=8)
    parser.add_argument("--base", type=int, default=16)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--crop", type=int, default=96, help="pixels, a multiple of 4")
    parser.add_argument("--iterations", type=int, default=12000)
    parser.add_argument("--minutes", type=float, default=math.inf, help="wall-clock budget")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--warmup", type=int, default=200, help="iterations of linear warm-up")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save-every", type=float, default=180.0, help="seconds between checkpoints")
    parser.add_argument("--log-every", type=int, default=50, help="iterations between log lines")
    return parser.parse_args(argv)


def learning_rate(iteration, progress, peak, warmup):
    """Linear warm-up in iterations times a cosine from `peak` to FINAL_LR_RATIO * peak in progress 0..1."""
    cosine = 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))
    return peak * min(1.0, (iteration + 1) / warmup) * (FINAL_LR_RATIO + (1 - FINAL_LR_RATIO) * cosine)


class Trainer:
    """Everything a checkpoint must restore: weights, EMA, optimiser, random states, counters."""

    def __init__(self, args):
        self.args = args
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.limits = DegradationRange()
        self.margin = self.limits.margin()
        self.rng = np.random.default_rng(args.seed)
        self.noise = torch.Generator().manual_seed(args.seed)
        scenes = load_scenes(args.data, args.crop + 2 * self.margin)
        self.sampler = CropSampler(scenes, args.crop + 2 * self.margin, self.rng)
        model = initialise(MIMOUNet(args.num_res, args.base), self.noise)
        if args.init:
            model.load_state_dict(load_float(args.init)[0].state_dict())
        self.model = model.to(self.device, memory_format=torch.channels_last)
        self.ema = copy.deepcopy(self.model).requires_grad_(False)
        self.optimiser = torch.optim.Adam(self.model.parameters(), lr=args.lr)
        self.iteration, self.seconds = 0, 0.0

    def progress(self):
        return max(self.iteration / self.args.iterations, self.seconds / 60 / self.args.minutes)

    def batch(self):
        """Degraded and sharp crops, (N,3,crop,crop) each."""
        m = self.margin
        wide = self.sampler.batch(self.args.batch)
        params = [draw(self.rng, self.limits) for _ in range(self.args.batch)]
        degraded = degrade(wide, params, m, self.noise)
        to_device = lambda t: t.to(self.device, memory_format=torch.channels_last)
        return to_device(degraded), to_device(wide[..., m:-m, m:-m])

    def step(self):
        """One iteration; returns (loss, gradient norm before clipping)."""
        lr = learning_rate(self.iteration, self.progress(), self.args.lr, self.args.warmup)
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        degraded, sharp = self.batch()
        loss = restoration_loss(self.model(degraded), sharp)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), MAX_GRADIENT_NORM)
        if not (math.isfinite(loss.item()) and math.isfinite(norm.item())):
            raise FloatingPointError(
                f"loss {loss.item()}, gradient norm {norm.item()} at iteration {self.iteration}: the last checkpoint "
                "is kept; resume from it with a smaller --lr"
            )
        self.optimiser.step()
        self._update_ema()
        self.iteration += 1
        return loss.item(), norm.item()

    @torch.no_grad()
    def _update_ema(self):
        decay = min(EMA_DECAY, (1 + self.iteration) / (EMA_RAMP + self.iteration))
        for average, current in zip(self.ema.parameters(), self.model.parameters()):
            average.lerp_(current, 1 - decay)

    def state(self):
        return {
            "config": {"num_res": self.args.num_res, "base": self.args.base},
            "arguments": vars(self.args),
            "degradation": self.limits._asdict(),
            "model": self.model.state_dict(),
            "ema": self.ema.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "rng": self.rng.bit_generator.state,
            "noise": self.noise.get_state(),
            "iteration": self.iteration,
            "seconds": self.seconds,
        }

    def restore(self, state):
        wanted = {"num_res": self.args.num_res, "base": self.args.base}
        if state["config"] != wanted:
            raise ValueError(f"the checkpoint has {state['config']}, the command asks for {wanted}: use another --run")
        self.model.load_state_dict(state["model"])
        self.ema.load_state_dict(state["ema"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.rng.bit_generator.state = state["rng"]
        self.noise.set_state(state["noise"])
        self.iteration, self.seconds = state["iteration"], state["seconds"]


def load_checkpoint(path):
    """A checkpoint written by this module (plain containers and tensors) on the CPU."""
    return torch.load(path, map_location="cpu", weights_only=False)


def save_checkpoint(state, path):
    """Write beside `path`, then rename: a killed run leaves the previous checkpoint whole."""
    temporary = path.with_suffix(".tmp")
    torch.save(state, temporary)
    os.replace(temporary, path)


def append_log(path, **record):
    with open(path, "a", encoding="utf-8") as log:
        log.write(json.dumps(record) + "\n")


def train(args):
    run = Path(args.run)
    run.mkdir(parents=True, exist_ok=True)
    checkpoint, log = run / "checkpoint.pt", run / "log.jsonl"
    trainer = Trainer(args)
    if checkpoint.exists():
        trainer.restore(load_checkpoint(checkpoint))
    clock = saved = time.monotonic()
    losses = []
    while trainer.progress() < 1:
        loss, norm = trainer.step()
        losses.append(loss)
        now = time.monotonic()
        trainer.seconds, clock = trainer.seconds + now - clock, now
        if trainer.iteration % args.log_every == 0:
            append_log(
                log,
                iteration=trainer.iteration,
                loss=round(float(np.mean(losses)), 5),
                norm=round(norm, 3),
                lr=trainer.optimiser.param_groups[0]["lr"],
                minutes=round(trainer.seconds / 60, 2),
            )
            losses.clear()
        if now - saved > args.save_every:
            save_checkpoint(trainer.state(), checkpoint)
            saved = now
    save_checkpoint(trainer.state(), checkpoint)
    return trainer


if __name__ == "__main__":
    train(parse_arguments())
