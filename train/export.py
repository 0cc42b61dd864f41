"""Quantise and write a model: python -m train.export --run FOLDER --data FOLDER --name NAME.

Writes <out>/NAME.safetensors (integers) and <weights>/NAME.fp16.safetensors (float, to continue from).
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from .data import CropSampler, load_scenes
from .degrade import DegradationRange, degrade, draw
from .evaluate import HEADLINE, evaluate, load_validation, restorers_of
from .model import MIMOUNet
from .quantise import quantise
from .train import load_checkpoint
from .weights import load_float, save_half, write_tensors

CALIBRATION_SEED = 7


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.export", description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", help="folder of a training run")
    source.add_argument("--float", dest="weights_file", help="float weights written by an earlier export")
    parser.add_argument("--raw", action="store_true", help="last weights of the run instead of their moving average")
    parser.add_argument("--data", required=True, help="folder of sharp images, for calibration")
    parser.add_argument("--val", help="folder of sharp scenes: states psnr_float and psnr_int8 in the file")
    parser.add_argument("--name", required=True)
    parser.add_argument("--description", default="")
    parser.add_argument("--licence", default="")
    parser.add_argument("--out", default="models")
    parser.add_argument("--weights", default="train/weights")
    parser.add_argument("--crops", type=int, default=96, help="calibration crops")
    parser.add_argument("--crop", type=int, default=128, help="pixels, a multiple of 4")
    return parser.parse_args(argv)


def calibration_crops(folder, count, size, limits, seed=CALIBRATION_SEED):
    """(count,3,size,size) degraded crops whose radii cover the range of `limits` evenly."""
    rng, noise = np.random.default_rng(seed), torch.Generator().manual_seed(seed)
    margin = limits.margin()
    sampler = CropSampler(load_scenes(folder, size + 2 * margin), size + 2 * margin, rng)
    radii = np.linspace(*limits.radius, count)
    params = [draw(rng, limits._replace(identity_fraction=0.0))._replace(radius=r) for r in radii]
    return degrade(sampler.batch(count), params, margin, noise)


def load_source(args):
    """(model, training record as a JSON string, degradation limits)."""
    if args.weights_file:
        model, metadata = load_float(args.weights_file)
        training, limits = metadata.get("training", "{}"), json.loads(metadata.get("degradation", "{}"))
    else:
        state = load_checkpoint(Path(args.run) / "checkpoint.pt")
        model = MIMOUNet(**state["config"])
        model.load_state_dict(state["model" if args.raw else "ema"])
        training, limits = json.dumps({**training_record(state), "averaged": not args.raw}), state["degradation"]
    return model.eval(), training, DegradationRange(**limits)


def training_record(state):
    """What the file says of its training; no paths."""
    arguments = {k: v for k, v in state["arguments"].items() if k in ("batch", "crop", "lr", "warmup", "seed")}
    return {**arguments, "iterations": state["iteration"], "minutes": round(state["seconds"] / 60, 1)}


def headline_psnr(folder, model, tensors, config):
    """Mean PSNR over the validation scenes at the headline condition: metadata entries."""
    rows = evaluate(load_validation(folder), restorers_of(model, tensors, config), [HEADLINE])
    mean = lambda column: f"{np.mean([row[column] for row in rows]):.3f}"
    return {"psnr_float": mean("float"), "psnr_int8": mean("int8")}


def export(args):
    model, training, limits = load_source(args)
    described = {"training": training, "degradation": json.dumps(limits._asdict())}
    save_half(Path(args.weights) / f"{args.name}.fp16.safetensors", model, described)
    tensors = quantise(model, calibration_crops(args.data, args.crops, args.crop, limits))
    config = {"num_res": str(model.num_res), "base": str(model.base)}
    metadata = {
        "format_version": "1",
        "graph": "mimo-unet",
        "trunk": "i16",
        **config,
        "name": args.name,
        "description": args.description,
        "licence": args.licence,
        **described,
        "calibration": f"{args.crops} crops of {args.crop} px, MSE clipping, bias correction",
        **(headline_psnr(args.val, model, tensors, config) if args.val else {}),
    }
    target = Path(args.out) / f"{args.name}.safetensors"
    write_tensors(target, tensors, {key: value for key, value in metadata.items() if value})
    return target


if __name__ == "__main__":
    print(export(parse_arguments()))
