"""From a characterised camera to a model of its own, in one command: python -m train.specialise --help.

Takes what `perifocal estimate` has written, or a blur kernel (a picture or an .npy array) and the noise. Then writes
the degradation of stage 2, continues the training of general weights on it, quantises, writes the model, evaluates it.
Repeat the same command to resume. Options of train.train may follow.
"""

import argparse
import json
import math
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
    blur.add_argument("--estimate", help="the .json of `perifocal estimate -o`, with the kernel as .npy beside it")
    blur.add_argument("--kernel", help="picture or .npy array of the kernel")
    blur.add_argument("--radius", type=float, help="radius of a disk in px instead")
    parser.add_argument(
        "--noise", type=float, help="read noise, a share of full scale, such as 0.005; an estimate has its own"
    )
    parser.add_argument(
        "--electrons", type=float, help="full scale in electrons, for shot noise; an estimate has its own"
    )
    parser.add_argument("--jpeg", type=int, help="JPEG quality of the camera, if it compresses")
    parser.add_argument("--name", required=True, help="of the model")
    parser.add_argument("--init", required=True, help="general float weights (train/weights/*.fp16.safetensors)")
    add_places(parser)
    return parser.parse_known_args(argv)


def read_estimate(path):
    """The kernel, the read noise and the electrons at full scale of an estimate; None for noise that is not known."""
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
        noise = record["noise"] or {}
        found = [noise.get("readNoise"), noise.get("electronsAtFullScale")]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"cannot read the estimate {path} ({error}): expected what `perifocal estimate -o` writes"
        ) from error
    if any(value is not None and not (isinstance(value, (int, float)) and 0 <= value < math.inf) for value in found):
        raise ValueError(f"{path} has the noise {found}: expected numbers from 0 on")
    return read_kernel(Path(path).with_suffix(".npy")), *found


def characterise(args):
    """The camera of the arguments: kernel, read noise, electrons at full scale (infinite without shot noise)."""
    if args.estimate:
        kernel, noise, electrons = read_estimate(args.estimate)
    else:
        kernel, noise, electrons = read_kernel(args.kernel) if args.kernel else disk_kernel(args.radius), None, None
    noise = noise if args.noise is None else args.noise
    if noise is None:
        raise ValueError("the noise is not known: give --noise")
    return kernel, noise, args.electrons or electrons or math.inf


def specialise(argv=None):
    args, options = parse_arguments(argv)
    kernel, noise, electrons = characterise(args)
    run = Path(args.runs, args.name)
    write_text(run / "camera.json", to_json(stage2(kernel, noise, electrons, args.jpeg)))
    np.save(run / "kernel.npy", kernel.numpy())
    general = load_float(args.init)[0]
    shape = ["--num-res", str(general.num_res), "--base", str(general.base), "--init", args.init]
    camera = ["--degradation", str(run / "camera.json"), "--lr", "2e-4", "--iterations", "4000"]
    measured = ["--kernel", str(run / "kernel.npy"), "--noise", str(noise)]
    measured += ["--jpeg", str(args.jpeg)] if args.jpeg else []
    return produce(args.name, args, [*shape, *camera, *options], measured)


if __name__ == "__main__":
    print(specialise())
