"""Tables and pictures of an evaluation."""

import json
from pathlib import Path

import numpy as np
from PIL import Image

from ..network.weights import replace_file
from .conditions import centre

DETAIL, ZOOM = 256, 2  # side of the details in pictures, px, and their magnification
GAP = 4


def markdown(rows):
    """Rows of equal keys as a table; numbers as they are worth."""
    columns = list(rows[0])
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(_cell(name, row[name]) for name in columns) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(name, value):
    if name == "noise" or not isinstance(value, float):
        return str(value)
    return f"{value:.4f}" if "SSIM" in name else f"{value:.2f}"


def flat(record):
    """A record {scene, blur, noise, figures: {name: {psnr, ssim, ...}}} as a row of the table."""
    row = {name: record[name] for name in ("scene", "blur", "noise")}
    row.update({name: figures["psnr"] for name, figures in record["figures"].items()})
    row.update({f"{name} SSIM": figures["ssim"] for name, figures in record["figures"].items()})
    return row


def means(records):
    """Means over the scenes of each condition, as records of the scene "mean"."""
    conditions = list(dict.fromkeys((r["blur"], r["noise"]) for r in records))
    return [_mean([r for r in records if (r["blur"], r["noise"]) == condition]) for condition in conditions]


def _mean(records):
    names = records[0]["figures"]
    mean = lambda name, key: float(np.mean([r["figures"][name][key] for r in records]))
    figures = {name: {key: mean(name, key) for key in values} for name, values in names.items()}
    return {**records[0], "scene": "mean", "figures": figures}


def comparison(path, images):
    """The middles of uint8 images side by side, magnified."""
    details = [centre(image, DETAIL).repeat(ZOOM, axis=0).repeat(ZOOM, axis=1) for image in images]
    gap = np.full((details[0].shape[0], GAP, 3), 255, np.uint8)
    row = np.concatenate([part for detail in details for part in (detail, gap)][:-1], axis=1)
    replace_file(path, lambda file: Image.fromarray(row).save(file, format="PNG"))


def write_text(path, text):
    replace_file(path, lambda file: file.write(text.encode()))


def write_report(folder, records, checklist):
    """folder/report.md and folder/report.json."""
    table = lambda chosen: markdown([flat(record) for record in chosen])
    bars = "".join(f"- {bar.line()}\n" for bar in checklist)
    text = f"Means over the scenes\n\n{table(means(records))}\nEach scene\n\n{table(records)}\nBars\n\n{bars}"
    write_text(Path(folder, "report.md"), text)
    content = {"records": records, "bars": [bar._asdict() for bar in checklist]}
    write_text(Path(folder, "report.json"), json.dumps(content, indent=1) + "\n")
