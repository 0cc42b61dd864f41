"""Evaluate a network that refines what deconvolution makes of a frame: python -m train.evaluate_refiner --help.

Sharp scenes are blurred by disks and motion; each way to restore is told the kernel, or a slightly wrong one. Figures
as those of train.evaluate. They are kept in OUT/figures.jsonl as they come: repeat the command to resume, or to see the
figures of other weights beside the same rivals.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from .evaluation import classical, told
from .evaluation.bars import Bar, largest_overshoot
from .evaluation.conditions import degraded, load_scenes
from .evaluation.metrics import psnr, ssim
from .evaluation.report import markdown, write_text
from .evaluation.restorers import ENGINE, as_floats

AHEAD, COST, OVERSHOOT = 1.0, 0.5, 0.05  # dB above the best rival, dB of a wrong kernel, share of a step
RIVALS = ("Wiener", "hyper-Laplacian", "hyper-Laplacian tuned")
TUNED = RIVALS[2]


class Figures:
    """Figures by what they are of, in a file that grows."""

    def __init__(self, path):
        self.path = Path(path)
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        self.known = dict(self._entry(line) for line in lines)

    @staticmethod
    def _entry(line):
        entry = json.loads(line)
        return tuple(entry["of"]), entry["figures"]

    def of(self, key, compute, *given):
        """The figures of the key, a tuple of words; compute(*given) where they are not known yet."""
        if key not in self.known:
            self.known[key] = compute(*given)
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"of": key, "figures": self.known[key]}) + "\n")
        return self.known[key]


def measure(scenes, ways, engine, cases, figures, names):
    """Rows {blur, kernel, way: PSNR, ...}, means over the scenes. names: way -> what its figures are known by."""
    rows = []
    for case, is_true in tqdm([(case, is_true) for is_true in (True, False) for case in cases], unit="row"):
        shown = dict(ways)
        if engine and is_true:
            shown[TUNED] = None
        row = {"blur": case.condition.name, "kernel": "true" if is_true else "wrong"}
        for way, restore in shown.items():
            found = [
                figures.of((scene, *row.values(), names[way]), _figures, sharp, case, is_true, restore, engine)
                for scene, sharp in scenes.items()
            ]
            rows.append({**row, "way": way, **{key: float(np.mean([f[key] for f in found])) for key in found[0]}})
    return rows


def _figures(sharp, case, is_true, restore, engine):
    """{psnr, ssim} of one scene. restore: a way; None: the hyper-Laplacian prior, tuned on the truth."""
    kernel = case.condition.kernel if is_true else case.wrong
    blurred, reference = degraded(sharp, case.condition), sharp / 255
    if restore is None:
        return classical.tuned(engine, blurred, kernel, reference, *classical.METHODS["hyper-Laplacian"])
    restored = as_floats(restore(blurred, kernel, case.condition.noise))
    return {"psnr": psnr(restored, reference), "ssim": ssim(restored, reference)}


def overshoots(restore, cases, figures, name):
    """Blur -> overshoot of steps, the true kernel told."""
    conditions = [case.condition for case in cases]
    keyed = {condition.name: ("step", condition.name, "true", name) for condition in conditions}
    return {c.name: figures.of(keyed[c.name], _overshoot, restore, c)["overshoot"] for c in conditions}


def _overshoot(restore, condition):
    found = largest_overshoot(lambda image: restore(image, condition.kernel, condition.noise), condition)
    return {"overshoot": found}


def table(rows, key):
    """One row of `key` per blur and kernel, a column per way; "-" where a way has none."""
    ways = list(dict.fromkeys(row["way"] for row in rows))
    lines = {}
    for row in rows:
        line = lines.setdefault((row["blur"], row["kernel"]), {"blur": row["blur"], "kernel": row["kernel"]})
        line[row["way"]] = row[key]
    named = lambda way: way if key == "psnr" else f"{way} SSIM"
    return markdown(
        [
            {"blur": line["blur"], "kernel": line["kernel"], **{named(way): line.get(way, "-") for way in ways}}
            for line in lines.values()
        ]
    )


def checklist(rows, steps, column):
    """What a refiner has to reach, for the way `column`."""
    found = {(row["blur"], row["kernel"], row["way"]): row["psnr"] for row in rows}
    bars = []
    for blur in dict.fromkeys(row["blur"] for row in rows):
        true, wrong = found[blur, "true", column], found[blur, "wrong", column]
        rivals = [found[blur, "true", way] for way in RIVALS if (blur, "true", way) in found]
        bars += [
            Bar(f"{blur}: above the best rival, dB", true - max(rivals), ">=", AHEAD),
            Bar(f"{blur}: cost of a wrong kernel, dB", true - wrong, "<=", COST),
            Bar(f"{blur}: overshoot, share of the step", steps[blur], "<=", OVERSHOOT),
        ]
    return bars


def parse_arguments(argv=None):
    parser = argparse.ArgumentParser(prog="python -m train.evaluate_refiner", description=__doc__)
    parser.add_argument("--val", required=True, help="folder of sharp scenes (s2_*)")
    parser.add_argument("--float", dest="weights", help="float weights (safetensors)")
    parser.add_argument("--model", help="integer model file")
    parser.add_argument("--engine", default=ENGINE, help=f'command of the engine, "{ENGINE}"')
    parser.add_argument("--no-engine", action="store_true", help="no rivals; the integers are simulated")
    parser.add_argument("--size", type=int, help="only the central square of this many pixels of each scene")
    parser.add_argument("--out", required=True, help="folder of figures.jsonl and report.md")
    args = parser.parse_args(argv)
    if not args.weights and not args.model:
        parser.error("nothing to evaluate: give --float, --model or both")
    return args


def known_as(way, file):
    """What the figures of a way are known by: a network's depend on its file."""
    return f"{way} {hashlib.sha256(Path(file).read_bytes()).hexdigest()[:12]}" if file else way


def main(argv=None):
    args = parse_arguments(argv)
    engine = None if args.no_engine else args.engine
    ways = told.ways(args.weights, args.model, engine)
    files = {"float": args.weights, "int8": args.model}
    names = {way: known_as(way, files.get(way)) for way in (*ways, TUNED)}
    figures, cases = Figures(Path(args.out, "figures.jsonl")), told.standard()
    scenes = load_scenes(args.val, size=args.size)
    sized = {f"{name} {'x'.join(map(str, image.shape[:2]))}": image for name, image in scenes.items()}
    rows = measure(sized, ways, engine, cases, figures, names)
    column = list(ways)[-1]
    bars = checklist(rows, overshoots(ways[column], cases, figures, names[column]), column)
    text = f"PSNR, dB\n\n{table(rows, 'psnr')}\nSSIM\n\n{table(rows, 'ssim')}\nBars\n\n"
    text += "".join(f"- {bar.line()}\n" for bar in bars)
    write_text(Path(args.out, "report.md"), text)
    print(text, end="")
    return bars


if __name__ == "__main__":
    main()
