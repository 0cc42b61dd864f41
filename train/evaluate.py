"""Evaluate a model on sharp scenes with synthetic blur: python -m train.evaluate --help.

Prints and writes tables (Markdown, JSON), pictures and the list of bars. Figures against the sharp original over all
channels, 16 px of border cut. Float output is clamped to [0,1] and not rounded; integer output and input are 8-bit.
"""

import argparse
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .degrade.kernels import read_kernel
from .evaluation import bars, classical, conditions, gaps, report
from .evaluation.metrics import band_ratio_error, colour_shift, psnr, ssim, ssim_downsampled
from .evaluation.restorers import ENGINE, as_floats, restore_native, restorers_of

HEADLINE_GAIN = 4.5  # dB


def figures_of(image, reference):
    return {
        "psnr": psnr(image, reference),
        "ssim": ssim(image, reference),
        "ssim_ds": ssim_downsampled(image, reference),
        "colour_shift": colour_shift(image, reference),
        "band_ratio_error": band_ratio_error(image, reference),
    }


def evaluate(scenes, restorers, wanted, engine=None, pictures=None):
    """scenes: name -> uint8 image; engine: command for the classical rivals, None leaves them out.

    Records of {scene, blur, noise, figures: {"input", restorers and rivals: {psnr, ssim, ...}}}.
    """
    records = []
    for name, condition in tqdm([(name, condition) for name in scenes for condition in wanted], unit="image"):
        sharp = scenes[name]
        blurred = conditions.degraded(sharp, condition)
        restored = {which: restore(blurred) for which, restore in restorers.items()}
        images = {"input": blurred, **restored}
        figures = {which: figures_of(as_floats(image), sharp / 255) for which, image in images.items()}
        if engine:
            figures.update(classical.best(engine, blurred, condition, sharp / 255))
        records.append({"scene": name, "blur": condition.name, "noise": condition.noise, "figures": figures})
        if pictures:
            shown = [_bytes(image) for image in (blurred, list(images.values())[-1], sharp)]
            report.comparison(Path(pictures, f"{name}-{condition.name}-{condition.noise}.png".replace(" ", "")), shown)
    return records


def _bytes(image):
    return image if image.dtype == np.uint8 else np.rint(image * 255).astype(np.uint8)


def checklist(scenes, restorers, records, gain=HEADLINE_GAIN):
    """The bars for the last restorer of the table: the native engine, where it runs."""
    column, restore = list(restorers.items())[-1]
    return [
        *bars.quality(records, column, gain),
        bars.identity(scenes, restore),
        bars.step_edges(restore),
        *bars.paper_like(scenes, restore, figures_of),
    ]


def real_frames(folder, restorers, out, size):
    """Before and after of frames without a truth: pictures only."""
    restore = list(restorers.values())[-1]
    for name, frame in conditions.load_scenes(folder, "iss_*", size).items():
        report.comparison(Path(out, f"{name}.png"), [frame, _bytes(restore(frame))])


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.evaluate", description=__doc__)
    parser.add_argument("--val", required=True, help="folder of sharp scenes (s2_*) and of real frames (iss_*)")
    parser.add_argument("--float", dest="weights", help="float weights (safetensors)")
    parser.add_argument("--model", help="integer model file, run by the engine")
    parser.add_argument("--engine", default=ENGINE, help=f'command of the engine, "{ENGINE}"')
    parser.add_argument("--simulate", action="store_true", help="also run the integer model in PyTorch")
    parser.add_argument("--no-engine", action="store_true", help="run no engine: then --float or --simulate")
    parser.add_argument("--classical", action="store_true", help="also the classical methods, tuned on the truth")
    parser.add_argument("--headline", action="store_true", help="only R 4 px, noise 0.005")
    parser.add_argument("--gaps", action="store_true", help="only the gain of --model beside missing pixels, at R 4 px")
    parser.add_argument("--kernel", help="a characterised kernel (picture or .npy) instead of disks")
    parser.add_argument("--noise", type=float, default=0.005, help="of the characterised camera")
    parser.add_argument("--jpeg", type=int, metavar="QUALITY", help="1 to 100: inputs that a camera has compressed")
    parser.add_argument("--gain", type=float, default=HEADLINE_GAIN, help="dB that the bar at R 4 asks for")
    parser.add_argument("--size", type=int, help="only the central square of this many pixels of each scene and frame")
    parser.add_argument("--out", help="folder of report.md, report.json and pictures")
    args = parser.parse_args(argv)
    if not args.weights and not args.model:
        parser.error("nothing to evaluate: give --float, --model or both")
    if args.no_engine and not (args.weights or args.simulate):
        parser.error("--no-engine leaves nothing to run: add --float or --simulate")
    if args.gaps and (args.no_engine or not args.model):
        parser.error("--gaps needs the engine and a --model for it")
    if args.jpeg is not None and not 1 <= args.jpeg <= 100:
        parser.error(f"--jpeg is {args.jpeg}: expected a quality from 1 to 100")
    return args


def beside_gaps(args):
    """The table of the gain beside missing pixels."""
    scenes = conditions.load_scenes(args.val, size=args.size)
    restore = lambda image, valid: restore_native(args.engine, args.model, image, valid)
    rows = gaps.gains(scenes, restore, conditions.headline()[0])
    return gaps.markdown([*gaps.means(rows), *rows])


def main(argv=None):
    args = parse_arguments(argv)
    if args.gaps:
        print(beside_gaps(args))
        return
    engine = None if args.no_engine else args.engine
    restorers = restorers_of(args.weights, args.model, args.simulate, engine)
    wanted = conditions.headline() if args.headline else conditions.standard()
    if args.kernel:
        wanted = conditions.characterised(read_kernel(args.kernel), args.noise)
    if args.jpeg:
        wanted = [conditions.compressed(condition, args.jpeg) for condition in wanted]
    scenes = conditions.load_scenes(args.val, size=args.size)
    records = evaluate(
        scenes, restorers, wanted, engine if args.classical else None, args.out and Path(args.out, "pictures")
    )
    reached = checklist(scenes, restorers, records, args.gain)
    print(report.markdown([report.flat(record) for record in [*report.means(records), *records]]))
    print("\n".join(bar.line() for bar in reached))
    if args.out:
        report.write_report(args.out, records, reached)
        if list(Path(args.val).glob("iss_*")):
            real_frames(args.val, restorers, Path(args.out, "frames"), args.size)


if __name__ == "__main__":
    main()
