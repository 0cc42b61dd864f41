"""Quantise and write a model: python -m train.export --run FOLDER --data FOLDER --name NAME.

Writes <out>/NAME.safetensors (integers) and <weights>/NAME.fp16.safetensors (float, to continue from).
"""

import argparse
import dataclasses
import json
from pathlib import Path

import numpy as np
import torch

from .data.crops import CropSampler, load_scenes, with_generated
from .degrade.config import from_dict
from .degrade.draw import draw
from .degrade.synthesise import degrade, degrade_with_gaps
from .evaluation import conditions
from .evaluation.metrics import psnr
from .evaluation.restorers import restore_float, simulation
from .evaluation.told import filtered
from .network.mimo_unet import MIMOUNet
from .network.missing import blocks_of, there
from .network.weights import load_float, mixed, save_float, write_tensors
from .optimise.checkpoint import BEFORE_GAN, CHECKPOINT, load_checkpoint
from .optimise.losses import restoration_loss
from .quantisation.aware import refine
from .quantisation.calibrate import CLIPPINGS
from .quantisation.int_model import IntModel
from .quantisation.integers import RESIDUAL_SCALE, check_bounds, to_file
from .quantisation.post_training import quantise

CALIBRATION_SEED = 7
REFINING_BATCH = 4


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.export", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", help="folder of a training run")
    source.add_argument("--float", dest="weights_file", help="float weights: of an earlier export, grown or imported")
    parser.add_argument("--raw", action="store_true", help="last weights of the run instead of their moving average")
    parser.add_argument("--alpha", type=float, default=1.0, help="of a GAN run: 0 its PSNR weights, 1 its last ones")
    parser.add_argument("--data", required=True, help="folder of sharp images, for calibration")
    parser.add_argument("--val", help="folder of sharp scenes: states psnr_float and psnr_int8 in the file")
    parser.add_argument("--name", required=True)
    parser.add_argument("--description", default="")
    parser.add_argument("--licence", default="")
    parser.add_argument("--out", default="models")
    parser.add_argument("--weights", default="train/weights")
    parser.add_argument("--crops", type=int, default=96, help="calibration crops")
    parser.add_argument("--crop", type=int, default=128, help="pixels, a multiple of 4")
    parser.add_argument("--clipping", choices=CLIPPINGS, default="mse")
    parser.add_argument("--qat", type=int, default=0, help="iterations of quantisation-aware training")
    parser.add_argument("--onnx", help="also write an ONNX graph there")
    return parser.parse_args(argv)


class Crops:
    """Degraded and sharp crops of `config`, and what of them is there, for calibration and for training after it.

    generated: their share of generated scenes, as in the training before: without, refining gives overshoot back.
    """

    def __init__(self, folder, size, config, generated):
        self.config, self.margin, self.rng = config, config.margin(), np.random.default_rng(CALIBRATION_SEED)
        size += 2 * self.margin
        scenes = with_generated(load_scenes(folder, size), generated, size, CALIBRATION_SEED)
        self.sampler = CropSampler(scenes, size, self.rng)

    def take(self, count):
        """(degraded, sharp, valid): (count,3,size,size) twice, and (count,1,size,size) bool or None: all is there."""
        wide, m = self.sampler.batch(count), self.margin
        draws = [draw(self.rng, self.config) for _ in range(count)]
        degraded, valid = degrade_with_gaps(wide, draws, m, self.config)
        return degraded, wide[..., m:-m, m:-m] if m else wide, valid

    def whole(self, count):
        """Degraded crops of which nothing is missing."""
        draws = [draw(self.rng, self.config) for _ in range(count)]
        return degrade(self.sampler.batch(count), draws, self.margin, self.config)

    def batches(self, count):
        while True:
            yield self.take(count)


def load_source(args):
    """(model, training record as a JSON string, degradation config)."""
    if args.weights_file:
        model, metadata = load_float(args.weights_file)
        return model, metadata.get("training", "{}"), from_dict(json.loads(metadata.get("degradation", "{}")))
    run = Path(args.run)
    state = load_checkpoint(run / CHECKPOINT)
    weights = state["model" if args.raw else "ema"]
    if args.alpha < 1:
        if not (run / BEFORE_GAN).exists():
            raise ValueError(f"--alpha {args.alpha} needs {run / BEFORE_GAN}: only runs with a GAN phase have it")
        weights = mixed(load_checkpoint(run / BEFORE_GAN)["ema"], weights, args.alpha)
    model = MIMOUNet(**state["config"])
    model.load_state_dict(weights)
    record = {**training_record(state), "averaged": not args.raw, "alpha": args.alpha}
    return model.eval(), json.dumps(record), from_dict(state["degradation"])


def training_record(state):
    """What the file says of its training; no paths."""
    kept = ("batch", "crop", "lr", "warmup", "seed", "schedule", "adversarial", "perceptual", "generated", "winograd")
    arguments = {k: v for k, v in state["arguments"].items() if k in kept}
    return {**arguments, "iterations": state["iteration"], "minutes": round(state["seconds"] / 60, 1)}


def stated_range(config):
    """What frames the network was made for: metadata entries, by which the package chooses it; none of a refiner's."""
    if config.deconvolved:
        return {"input": "wiener"}
    families = list(config.families)
    single = {"kernel": "camera"}.get(families[0], families[0])
    limits = {"radiusPx": config.radius, "sigmaPx": config.blur_sigma, "mostNoise": config.noise_sigma[1]}
    return {"family": single if len(families) == 1 else "mixed", "range": json.dumps(limits)}


def headline_psnr(folder, model, tensors, is_told):
    """Mean PSNR over the validation scenes at R 4 px, noise 0.005: metadata entries.

    is_told: whether the network refines what Wiener's filter makes of a frame.
    """
    shape, (condition,) = {"num_res": model.num_res, "base": model.base}, conditions.headline()
    integers, pairs = simulation(tensors, shape), []
    for sharp in conditions.load_scenes(folder).values():
        given = conditions.degraded(sharp, condition)
        if is_told:
            given = filtered(given, condition.kernel, condition.noise)
        pairs.append((psnr(restore_float(model, given), sharp / 255), psnr(integers.restore(given) / 255, sharp / 255)))
    means = np.mean(pairs, axis=0)
    return {"psnr_float": f"{means[0]:.3f}", "psnr_int8": f"{means[1]:.3f}"}


def integers_of(args, model, training, config):
    """Arrays of the model file."""
    crops = Crops(args.data, args.crop, config, json.loads(training).get("generated", 0.0))
    tensors, equalised = quantise(model, crops.whole(args.crops), args.clipping)
    if args.qat:
        refined = refine(tensors, equalised, crops.batches(REFINING_BATCH), restoration_loss, args.qat)
        tensors = better(tensors, refined, model, *crops.take(args.crops))
    arrays = to_file(tensors)
    check_bounds(arrays, model.num_res, model.base)
    return arrays


@torch.no_grad()
def better(first, second, model, degraded, sharp, valid):
    """The tensors with the lower loss on crops that neither has seen."""

    def loss(tensors):
        integers = IntModel(tensors, model.num_res, model.base)
        present = torch.ones_like(sharp[:, :1], dtype=torch.bool) if valid is None else valid
        batches = zip(*(values.split(REFINING_BATCH) for values in (degraded, sharp, present)))
        return sum(loss_of(integers, *batch) for batch in batches)

    def loss_of(integers, x, y, known):
        out = x + integers.residual(torch.round(x * 255), blocks_of(known)) * float(RESIDUAL_SCALE)
        return restoration_loss(there([out], [y], known), [y]).item()

    return min((first, second), key=loss)


def export(args):
    model, training, config = load_source(args)
    described = {"training": training, "degradation": json.dumps(dataclasses.asdict(config))}
    save_float(Path(args.weights) / f"{args.name}.fp16.safetensors", model, described)
    tensors = integers_of(args, model, training, config)
    refined = f", {args.qat} iterations of quantisation-aware training" if args.qat else ""
    metadata = {
        "format_version": "1",
        "graph": "mimo-unet",
        "trunk": "i16",
        "num_res": str(model.num_res),
        "base": str(model.base),
        "name": args.name,
        "description": args.description,
        "licence": args.licence,
        **described,
        **stated_range(config),
        "calibration": f"{args.crops} crops of {args.crop} px, {args.clipping} clipping, bias correction{refined}",
        **(headline_psnr(args.val, model, tensors, config.deconvolved) if args.val else {}),
    }
    target = Path(args.out) / f"{args.name}.safetensors"
    write_tensors(target, tensors, {key: value for key, value in metadata.items() if value})
    if args.onnx:
        from .quantisation.onnx_graph import write_onnx  # only this needs the package onnx

        write_onnx(args.onnx, tensors, model.num_res, model.base)
    return target


if __name__ == "__main__":
    print(export(parse_arguments()))
