"""What a shipped model has to reach, as a checklist."""

from typing import NamedTuple

import numpy as np

from .conditions import defocus, degraded
from .metrics import overshoot, psnr
from .restorers import as_floats

PAPER_INPUT_PSNR = 24.0  # dB, of the degraded images in arXiv 2505.22128, table 2
BISECTIONS = 8
STEP_LEVELS = ((40, 80), (60, 200), (100, 180))
STEP_SIDE = 160


class Bar(NamedTuple):
    """name, figure, and its limit with a direction: reached says whether it holds."""

    name: str
    figure: float
    relation: str  # ">=" or "<="
    limit: float

    @property
    def reached(self):
        return self.figure >= self.limit if self.relation == ">=" else self.figure <= self.limit

    def line(self):
        return f"[{'x' if self.reached else ' '}] {self.name}: {self.figure:.3f} {self.relation} {self.limit:g}"


def mean_figures(records, radius, noise):
    """Name -> {psnr, ssim, ...}, means over the scenes at one defocus."""
    chosen = [r["figures"] for r in records if (r["blur"], r["noise"]) == (defocus(radius, noise).name, noise)]
    mean = lambda name, key: float(np.mean([figures[name][key] for figures in chosen]))
    return {name: {key: mean(name, key) for key in values} for name, values in chosen[0].items()} if chosen else {}


def quality(records, column, gain):
    """Gain over the input, loss of the integers, radiometry and the classical oracle, of the restorer `column`."""
    bars, middle = [], mean_figures(records, 4.0, 0.005)
    if middle:
        bars.append(
            Bar("PSNR gain at R 4, noise 0.005, dB", middle[column]["psnr"] - middle["input"]["psnr"], ">=", gain)
        )
    if middle and {"float", column} <= middle.keys() and column != "float":
        bars.append(Bar("PSNR loss against float, dB", middle["float"]["psnr"] - middle[column]["psnr"], "<=", 0.1))
    shifts = [record["figures"][column]["colour_shift"] for record in records]
    bars.append(Bar("shift of a channel's mean, levels of 255", max(shifts), "<=", 0.3))
    for radius, allowed in ((2.5, 0.3), (4.0, 0.0), (5.5, 0.3)):
        bars += _against_classical(mean_figures(records, radius, 0.005), column, radius, allowed)
    return bars


def _against_classical(figures, column, radius, allowed):
    rivals = [figures[name] for name in figures if name in ("Wiener", "Richardson-Lucy", "hyper-Laplacian")]
    if not rivals:
        return []
    ahead = lambda key: figures[column][key] - max(rival[key] for rival in rivals)
    bars = [Bar(f"PSNR above the best classical result at R {radius:g}, dB", ahead("psnr"), ">=", -allowed)]
    return bars + (
        [Bar(f"SSIM above the best classical result at R {radius:g}", ahead("ssim"), ">=", 0.0)] if not allowed else []
    )


def identity(scenes, restore):
    """Sharp scenes must come back."""
    worst = min(psnr(as_floats(restore(sharp)), sharp / 255) for sharp in scenes.values())
    return Bar("PSNR of restored sharp scenes to themselves, dB", worst, ">=", 38.0)


def step_edges(restore):
    """Overshoot of restored, defocused step edges."""
    found = largest_overshoot(restore, defocus(4.0, 0.005))
    return Bar("overshoot at step edges, share of the step", found, "<=", 0.05)


def largest_overshoot(restore, condition):
    """Of restored steps between two greys, low and high, as a share of the step."""
    found = []
    for low, high in STEP_LEVELS:
        row = np.where(np.arange(STEP_SIDE) < STEP_SIDE // 2, low, high).astype(np.uint8)
        sharp = np.broadcast_to(row[None, :, None], (STEP_SIDE, STEP_SIDE, 3))
        restored = as_floats(restore(degraded(sharp, condition)))
        found.append(overshoot(restored, low / 255, high / 255))
    return max(found)


def paper_like(scenes, restore, figures_of):
    """Gain where the input reads 24.0 dB on average, by defocus alone and noise 0.005."""
    low, high = 0.5, 12.0
    for _ in range(BISECTIONS):
        radius = (low + high) / 2
        condition = defocus(radius, 0.005)
        mean = np.mean([psnr(degraded(sharp, condition) / 255, sharp / 255) for sharp in scenes.values()])
        low, high = (radius, high) if mean > PAPER_INPUT_PSNR else (low, radius)
    pairs = [
        (blurred, restore(blurred), sharp) for sharp in scenes.values() for blurred in [degraded(sharp, condition)]
    ]
    before = [figures_of(blurred / 255, sharp / 255) for blurred, _, sharp in pairs]
    after = [figures_of(as_floats(restored), sharp / 255) for _, restored, sharp in pairs]
    mean = lambda figures, key: float(np.mean([f[key] for f in figures]))
    gain, rise = mean(after, "psnr") - mean(before, "psnr"), mean(after, "ssim") / mean(before, "ssim") - 1
    where = f"at an input of {mean(before, 'psnr'):.2f} dB, SSIM {mean(before, 'ssim'):.3f} (R {radius:.2f})"
    return [Bar(f"PSNR gain {where}, dB", gain, ">=", 6.0), Bar(f"relative SSIM gain {where}", rise, ">=", 0.72)]
