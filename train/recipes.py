"""The shipped models, each from the data folder by one command: python -m train.recipes NAME --data FOLDER.

Trains, quantises, writes the model and evaluates it. Repeat the same command to resume. A model that starts from
another needs that one's float weights: produce it first, or take the committed ones.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import torch

from . import evaluate, evaluate_refiner, export, train
from .degrade.config import load_config
from .network.grow import deepen, widen
from .network.weights import load_float, save_float

DEFOCUS = "Removes defocus of 2 to 6 px radius from Earth observation images"
REFINER = "Refines what Wiener's filter makes of Earth observation images, for kernels of any kind"


class Recipe(NamedTuple):
    """start: the model whose weights it grows from, None for random ones; training: options of train.train."""

    start: str
    num_res: int
    base: int
    training: tuple
    description: str = DEFOCUS


REFINING = ("--degradation", "refine", "--batch", "4", "--warmup", "100", "--generated", "0.15")
RECIPES = {
    "eo-defocus-small": Recipe(None, 8, 16, ("--lr", "6e-4", "--iterations", "12000")),
    "eo-defocus": Recipe("eo-defocus-small", 8, 32, ("--lr", "4e-4", "--iterations", "8000")),
    "eo-defocus-plus": Recipe("eo-defocus", 20, 32, ("--lr", "2e-4", "--iterations", "8000")),
    "refine-small": Recipe("eo-defocus-small", 8, 16, (*REFINING, "--lr", "5e-4", "--iterations", "12000"), REFINER),
}


def add_places(parser):
    parser.add_argument("--data", required=True, help="folder of sharp images")
    parser.add_argument("--val", help="folder of sharp scenes, to evaluate the model")
    parser.add_argument("--runs", default="train/runs", help="folder of the runs")
    parser.add_argument("--out", default="models", help="folder of the integer models")
    parser.add_argument("--weights", default="train/weights", help="folder of the float weights")
    parser.add_argument("--description", default="", help="what the model is for, kept in its file")
    parser.add_argument("--licence", default="", help="of the model, kept in its file")
    parser.add_argument("--qat", type=int, default=300, help="iterations of quantisation-aware training; 0: none")


def grown(start, recipe, path):
    """Options that begin with the float weights `start`, grown to the shape of `recipe` and kept in `path`."""
    if not path.exists():
        if not Path(start).exists():
            raise FileNotFoundError(f"no {start}: produce {recipe.start} first")
        generator = torch.Generator().manual_seed(1)
        model = deepen(widen(load_float(start)[0], recipe.base, generator), recipe.num_res, generator)
        save_float(path, model, {}, half=False)  # half would round the shares of a split weight each on its own
    return ["--init", str(path)]


def produce(name, places, training, evaluating=()):
    """Trains with the options `training`, exports and evaluates; returns the model file."""
    run = Path(places.runs, name)
    source = ["--data", places.data, "--run", str(run)]
    arguments = train.parse_arguments([*source, *training])
    train.train(arguments)
    target = ["--name", name, "--out", places.out, "--weights", places.weights]
    words = ["--description", places.description, "--licence", places.licence]
    model = export.export(
        export.parse_arguments([*source, *target, *words, "--crop", str(arguments.crop), "--qat", str(places.qat)])
    )
    if places.val:
        files = ["--float", str(Path(places.weights, f"{name}.fp16.safetensors")), "--model", str(model)]
        scenes = ["--val", places.val, *files, "--out", str(run / "evaluation")]
        if load_config(arguments.degradation).deconvolved:
            evaluate_refiner.main(scenes)
        else:
            evaluate.main([*scenes, "--classical", *evaluating])
    return model


def main(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.recipes", description=__doc__, allow_abbrev=False)
    parser.add_argument("name", choices=RECIPES)
    add_places(parser)
    parser.set_defaults(licence="Apache-2.0")
    args, options = parser.parse_known_args(argv)
    recipe = RECIPES[args.name]
    args.description = args.description or recipe.description
    shape = ["--num-res", str(recipe.num_res), "--base", str(recipe.base)]
    start = []
    if recipe.start:
        weights = Path(args.weights, f"{recipe.start}.fp16.safetensors")
        start = grown(weights, recipe, Path(args.runs, args.name, "start.safetensors"))
    return produce(args.name, args, [*shape, *start, *recipe.training, *options])


if __name__ == "__main__":
    print(main())
