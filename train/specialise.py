"""From a characterised camera to a model of its own, in one command: python -m train.specialise --help.

Takes a blur kernel (the result of a kernel estimation: a picture or an .npy array) and the noise, and then: writes the
degradation of stage 2, continues the training of general weights on it, quantises, writes the model, evaluates it.
Repeat the same command to resume.
"""

import argparse
from pathlib import Path

import numpy as np

from . import evaluate, export, train
from .degrade.config import stage2, to_json
from .degrade.kernels import disk_kernel, read_kernel
from .evaluation.report import write_text
from .network.weights import load_float


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.specialise", description=__doc__, allow_abbrev=False)
    blur = parser.add_mutually_exclusive_group(required=True)
    blur.add_argument("--kernel", help="picture or .npy array of the kernel")
    blur.add_argument("--radius", type=float, help="radius of a disk in px instead")
    parser.add_argument(
        "--noise", type=float, required=True, help="read noise, a fraction of full scale, such as 0.005"
    )
    parser.add_argument("--electrons", type=float, default=float("inf"), help="full scale in electrons, for shot noise")
    parser.add_argument("--jpeg", type=int, help="JPEG quality of the camera, if it compresses")
    parser.add_argument("--name", required=True, help="of the model")
    parser.add_argument(
        "--init", required=True, help="general float weights, such as train/weights/eo-defocus.fp16.safetensors"
    )
    parser.add_argument("--data", required=True, help="folder of sharp images")
    parser.add_argument("--val", help="folder of sharp scenes, to evaluate the model")
    parser.add_argument("--runs", default="train/runs")
    parser.add_argument("--out", default="models")
    parser.add_argument("--weights", default="train/weights")
    return parser.parse_known_args(argv)


def specialise(argv=None):
    args, training_options = parse_arguments(argv)
    kernel = read_kernel(args.kernel) if args.kernel else disk_kernel(args.radius)
    run = Path(args.runs, args.name)
    write_text(run / "camera.json", to_json(stage2(kernel, args.noise, args.electrons, args.jpeg)))
    shape = shape_options(args.init)
    source = ["--data", args.data, "--run", str(run)]
    camera = ["--degradation", str(run / "camera.json"), "--init", args.init, "--lr", "2e-4", "--iterations", "4000"]
    arguments = train.parse_arguments([*source, *camera, *shape, *training_options])
    train.train(arguments)
    places = ["--name", args.name, "--out", args.out, "--weights", args.weights, "--crop", str(arguments.crop)]
    model = export.export(export.parse_arguments([*source, *places]))
    if args.val:
        measure(args, model, kernel, run)
    return model


def shape_options(weights):
    model, _ = load_float(weights)
    return ["--num-res", str(model.num_res), "--base", str(model.base)]


def measure(args, model, kernel, run):
    np.save(run / "kernel.npy", kernel.numpy())
    float_weights = Path(args.weights, f"{args.name}.fp16.safetensors")
    options = [
        "--val",
        args.val,
        "--float",
        str(float_weights),
        "--model",
        str(model),
        "--out",
        str(run / "evaluation"),
    ]
    evaluate.main([*options, "--kernel", str(run / "kernel.npy"), "--noise", str(args.noise), "--classical"])


if __name__ == "__main__":
    print(specialise())
