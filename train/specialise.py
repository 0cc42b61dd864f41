"""From a characterised camera to a model of its own, in one command: python -m train.specialise --help.

Takes a blur kernel (the result of a kernel estimation: a picture or an .npy array) and the noise, and then: writes the
degradation of stage 2, continues the training of general weights on it, quantises, writes the model, evaluates it.
Repeat the same command to resume. Options of train.train may follow.
"""

import argparse
from pathlib import Path

import numpy as np

from .degrade.config import stage2, to_json
from .degrade.kernels import disk_kernel, read_kernel
from .evaluation.report import write_text
from .network.weights import load_float
from .recipes import add_places, produce


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.specialise", description=__doc__, allow_abbrev=False)
    blur = parser.add_mutually_exclusive_group(required=True)
    blur.add_argument("--kernel", help="picture or .npy array of the kernel")
    blur.add_argument("--radius", type=float, help="radius of a disk in px instead")
    parser.add_argument("--noise", type=float, required=True, help="read noise, a share of full scale, such as 0.005")
    parser.add_argument("--electrons", type=float, default=float("inf"), help="full scale in electrons, for shot noise")
    parser.add_argument("--jpeg", type=int, help="JPEG quality of the camera, if it compresses")
    parser.add_argument("--name", required=True, help="of the model")
    parser.add_argument("--init", required=True, help="general float weights (train/weights/*.fp16.safetensors)")
    add_places(parser)
    return parser.parse_known_args(argv)


def specialise(argv=None):
    args, options = parse_arguments(argv)
    kernel = read_kernel(args.kernel) if args.kernel else disk_kernel(args.radius)
    run = Path(args.runs, args.name)
    write_text(run / "camera.json", to_json(stage2(kernel, args.noise, args.electrons, args.jpeg)))
    np.save(run / "kernel.npy", kernel.numpy())
    general = load_float(args.init)[0]
    shape = ["--num-res", str(general.num_res), "--base", str(general.base), "--init", args.init]
    camera = ["--degradation", str(run / "camera.json"), "--lr", "2e-4", "--iterations", "4000"]
    measured = ["--kernel", str(run / "kernel.npy"), "--noise", str(args.noise)]
    return produce(args.name, args, [*shape, *camera, *options], measured)


if __name__ == "__main__":
    print(specialise())
