"""Evaluate a model on sharp scenes with synthetic defocus: python -m train.evaluate --help.

PSNR against the sharp original over all channels, borders cut. Float output is clamped to [0,1] and not
rounded; integer output is 8-bit. The blurred input is 8-bit.
"""

import argparse
import json
import shlex
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .data import read_image
from .degrade import Defocus, degrade, kernel_reach
from .int_model import IntModel, to_padded_batch
from .weights import load_float, read_tensors

BORDER = 16  # pixels cut on each side
RADII = (2.5, 4.0, 5.5)
NOISES = (0.002, 0.005, 0.010)
HEADLINE = (4.0, 0.005)
SEED = 2024


def psnr(image, reference, border=BORDER):
    """dB, both (H,W,3) with full scale 1."""
    inner = slice(border, -border)
    error = np.asarray(image, np.float64)[inner, inner] - np.asarray(reference, np.float64)[inner, inner]
    return float(-10 * np.log10(np.mean(error**2)))


def defocused(sharp, radius, noise_sigma, seed=SEED):
    """(H,W,3) uint8 -> defocused, noisy uint8 of the same size (edges reflected before the blur)."""
    margin = kernel_reach(radius, 0.0)
    wide = np.pad(sharp, ((margin, margin), (margin, margin), (0, 0)), mode="reflect")
    batch = torch.from_numpy(wide).permute(2, 0, 1)[None].float() / 255
    params = Defocus(radius, 0.0, float("inf"), noise_sigma)
    degraded = degrade(batch, [params], margin, torch.Generator().manual_seed(seed))
    return to_bytes(degraded[0].permute(1, 2, 0).numpy())


def to_bytes(image):
    return np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)


@torch.no_grad()
def restore_float(model, image):
    """(H,W,3) uint8 -> float32 in [0,1]."""
    batch = to_padded_batch(image).float().contiguous(memory_format=torch.channels_last) / 255
    full = model(batch)[2][0, :, : image.shape[0], : image.shape[1]]
    return full.permute(1, 2, 0).clamp(0, 1).numpy()


def restore_native(command, model_file, image):
    """Through `<command> restore in.png -o out.png --model FILE --quiet`."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.png"), Path(folder, "out.png")
        Image.fromarray(image).save(source)
        call = [*shlex.split(command), "restore", str(source), "-o", str(target), "--model", str(model_file), "--quiet"]
        subprocess.run(call, check=True)
        return read_image(target)


def crop_to(image, size):
    """The central (size, size) part, or all of it where `size` is None."""
    if size is None:
        return image
    top, left = (max(0, (side - size) // 2) for side in image.shape[:2])
    return image[top : top + size, left : left + size]


def compare(sharp, radius, noise_sigma, restorers):
    """PSNR of the blurred input and of each restorer (name -> function of a uint8 image)."""
    blurred = defocused(sharp, radius, noise_sigma)
    reference = sharp / 255
    row = {"blurred": psnr(blurred / 255, reference)}
    for name, restore in restorers.items():
        image = restore(blurred)
        row[name] = psnr(image / 255 if image.dtype == np.uint8 else image, reference)
    return row


def restorers_of(float_model=None, tensors=None, metadata=None, native=None, model_file=None):
    """The available ways to restore an image, in the order of the table."""
    found = {}
    if float_model is not None:
        found["float"] = lambda image: restore_float(float_model, image)
    if tensors is not None:
        simulation = IntModel(tensors, int(metadata["num_res"]), int(metadata["base"]))
        found["int8"] = simulation.restore
    if native is not None:
        found["native"] = lambda image: restore_native(native, model_file, image)
    return found


def evaluate(scenes, restorers, conditions, size=None):
    """scenes: name -> uint8 image. Rows of {scene, radius, noise, blurred, float, ...}."""
    rows = []
    for name, sharp in scenes.items():
        for radius, noise_sigma in conditions:
            figures = compare(crop_to(sharp, size), radius, noise_sigma, restorers)
            rows.append({"scene": name, "radius": radius, "noise": noise_sigma, **figures})
            print(json.dumps(rows[-1]), flush=True)
    return rows


def markdown(rows):
    columns = list(rows[0])
    number = lambda value: f"{value:.2f}" if isinstance(value, float) else str(value)
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    for row in rows:
        cells = [str(row[c]) if c in ("radius", "noise") else number(row[c]) for c in columns]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def load_validation(folder, pattern="s2_*"):
    files = sorted(Path(folder).glob(pattern))
    if not files:
        raise FileNotFoundError(f"no {pattern} in {folder}: expected the sharp validation scenes there")
    return {path.stem: read_image(path) for path in files}


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.evaluate", description=__doc__)
    parser.add_argument("--val", required=True, help="folder of sharp scenes (s2_*)")
    parser.add_argument("--float", dest="weights", help="float weights (safetensors of train.export)")
    parser.add_argument("--model", help="integer model file")
    parser.add_argument("--native", help='command of the native engine, e.g. "node dist/cli/main.js"')
    parser.add_argument("--no-simulation", action="store_true", help="skip the integer simulation")
    parser.add_argument("--headline", action="store_true", help="only R = 4 px, noise 0.005")
    parser.add_argument("--size", type=int, help="evaluate the central square of this many pixels only")
    parser.add_argument("--json", help="also write the rows there")
    return parser.parse_args(argv)


def main(argv=None):
    args = parse_arguments(argv)
    if args.native and not args.model:
        raise SystemExit("--native needs --model FILE, the file that the engine shall load")
    tensors, metadata = read_tensors(args.model) if args.model and not args.no_simulation else (None, None)
    float_model = load_float(args.weights)[0] if args.weights else None
    restorers = restorers_of(float_model, tensors, metadata, args.native, args.model)
    conditions = [HEADLINE] if args.headline else [(r, n) for r in RADII for n in NOISES]
    rows = evaluate(load_validation(args.val), restorers, conditions, args.size)
    print(markdown(rows))
    if args.json:
        Path(args.json).write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
