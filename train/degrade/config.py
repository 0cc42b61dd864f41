"""Degradations as data: ranges to draw from, and what was drawn. Both go to JSON and back.

python -m train.degrade.config stage1            prints a preset, to be edited and given to --degradation
"""

import argparse
import dataclasses
import json
import math
from pathlib import Path

import torch

from .kernels import kernel_reach, read_kernels, zoomed

FAMILIES = ("defocus", "gaussian", "motion", "spin", "kernel", "measured")
RIM = 32  # px that a deconvolved crop is wider on each side while it is deconvolved


@dataclasses.dataclass(frozen=True)
class Degradation:
    """What happens to one crop, in this order: blur, shot noise, read noise, 8-bit rounding, JPEG, missing pixels.

    Intensities are fractions of full scale, applied to the stored values (no transfer curve). Lengths in px,
    angles in degrees. The same degradation gives the same noise and the same gaps: `seed`.
    """

    family: str = "identity"
    radius: float = 0.0  # defocus: radius of the disk
    blur_sigma: float = 0.0  # defocus: Gaussian core; gaussian: its deviation
    ratio: float = 1.0  # longer over shorter axis of disk or Gaussian
    angle: float = 0.0  # of the longer axis, or of motion
    length: float = 0.0  # of motion
    spin: float = 0.0  # angle of rotation during the exposure
    centre: tuple = (0.0, 0.0)  # of rotation: rows and columns from the middle of the crop
    zoom: float = 1.0  # of the kernel
    which: int = 0  # of the measured kernels
    electrons: float = math.inf  # of shot noise, at full scale
    noise_sigma: float = 0.0  # of read noise
    jpeg_quality: int = 0  # 0: none
    chroma_halved: bool = True  # 4:2:0 instead of 4:4:4
    gap: str = ""  # what is missing: a kind of degrade/gaps.py; "": nothing
    seed: int = 0
    # What deconvolution is told: its kernel over the true one, turned by so many degrees; its noise over the true one.
    told_zoom: float = 1.0
    told_turn: float = 0.0
    told_noise: float = 1.0
    edges: str = ""  # where the frame ends with the crop: letters of "tblr"; elsewhere RIM px further


@dataclasses.dataclass(frozen=True)
class DegradationConfig:
    """Where `draw` takes the degradation of a crop from: (low, high) pairs, and shares between 0 and 1.

    families: name -> share. generic: share of crops from the preset `stage1` instead. gap: share of crops of which
    pixels are missing. deconvolved: a network sees what Wiener's filter makes of a crop (degrade/synthesise.py); wrong:
    share of crops whose kernel the filter is told wrongly; edge: of those at an edge or a corner of their frame.
    """

    families: dict = dataclasses.field(default_factory=lambda: {"defocus": 1.0})
    radius: tuple = (2.0, 6.0)
    blur_sigma: tuple = (0.0, 0.7)  # core of the defocus
    defocus_ratio: tuple = (1.0, 1.0)
    corner_growth: tuple = (0.0, 0.0)  # relative radius growth from the middle of the frame to its corners
    gaussian_sigma: tuple = (0.5, 4.0)
    gaussian_ratio: tuple = (1.0, 2.0)
    length: tuple = (2.0, 20.0)
    spin: tuple = (0.2, 2.0)
    spin_distance: tuple = (0.0, 500.0)  # from the crop to the centre of rotation
    kernel: tuple = None  # rows of samples
    measured: tuple = None  # kernels, each rows of samples
    zoom: tuple = (0.85, 1.15)
    electrons: tuple = (2e4, 2e5)
    noise_sigma: tuple = (0.002, 0.010)
    jpeg_fraction: float = 0.0
    jpeg_quality: tuple = (85, 98)
    identity_fraction: float = 0.05
    generic_fraction: float = 0.0
    gap_fraction: float = 0.0
    deconvolved: bool = False
    wrong_fraction: float = 0.0
    wrong_zoom: tuple = (0.95, 1.05)
    wrong_turn: tuple = (0.0, 3.0)  # to either side
    told_noise: tuple = (0.7, 1.4)
    edge_fraction: float = 0.0

    def __post_init__(self):
        unknown = set(self.families) - set(FAMILIES)
        if unknown or not self.families or min(self.families.values()) < 0 or sum(self.families.values()) <= 0:
            raise ValueError(f"families are {self.families}: expected positive shares of {', '.join(FAMILIES)}")
        if "kernel" in self.families and self.kernel is None:
            raise ValueError("the family 'kernel' needs the samples of a kernel: see train.specialise")
        if "measured" in self.families and not self.measured:
            raise ValueError("the family 'measured' needs the samples of kernels: print the preset with --measured")
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name.endswith("_fraction") and not 0 <= value <= 1:
                raise ValueError(f"{field.name} is {value}: expected a share between 0 and 1")
            if isinstance(field.default, tuple) and not (len(value) == 2 and 0 <= value[0] <= value[1] < math.inf):
                raise ValueError(f"{field.name} is {value}: expected [low, high], 0 <= low <= high")

    def margin(self):
        """Pixels by which a crop must exceed the output on each side."""
        reaches = {
            "defocus": kernel_reach(self.radius[1] * (1 + self.corner_growth[1]), self.blur_sigma[1]),
            "gaussian": kernel_reach(0, self.gaussian_sigma[1]),
            "motion": math.ceil(self.length[1] / 2),
            "spin": math.ceil(math.radians(self.spin[1]) * (self.spin_distance[1] + 100) / 2) + 2,
            "kernel": self._reach_of(self.kernel_tensor()) if self.kernel else 0,
            "measured": max(map(self._reach_of, self.measured_tensors())) if self.measured else 0,
        }
        own = max(reaches[family] for family in self.families) + (RIM if self.deconvolved else 0)
        return max(own, PRESETS["stage1"].margin()) if self.generic_fraction else own

    def _reach_of(self, kernel):
        return zoomed(kernel, self.zoom[1]).shape[0] // 2

    def kernel_tensor(self):
        return torch.tensor(self.kernel, dtype=torch.float32)

    def measured_tensors(self):
        return [torch.tensor(kernel, dtype=torch.float32) for kernel in self.measured]


PRESETS = {
    "defocus": DegradationConfig(jpeg_fraction=0.3, gap_fraction=0.2),
    "stage1": DegradationConfig(
        families={"defocus": 0.5, "gaussian": 0.2, "motion": 0.2, "spin": 0.1},
        radius=(1.5, 8.0),
        blur_sigma=(0.0, 1.5),
        defocus_ratio=(1.0, 1.3),
        corner_growth=(0.0, 0.2),
        electrons=(2e3, 2e5),
        noise_sigma=(0.0005, 0.02),
        jpeg_fraction=0.5,
        jpeg_quality=(75, 98),
        gap_fraction=0.2,
    ),
    "refine": DegradationConfig(
        families={"defocus": 0.6, "gaussian": 0.1, "motion": 0.3},
        radius=(0.5, 12.0),
        blur_sigma=(0.0, 1.0),
        defocus_ratio=(1.0, 1.15),
        length=(2.0, 40.0),
        noise_sigma=(0.001, 0.02),
        jpeg_fraction=0.2,
        jpeg_quality=(60, 98),
        deconvolved=True,
        wrong_fraction=0.4,
        edge_fraction=0.2,
    ),
}
MEASURED_SHARE = 0.1  # of crops, where measured kernels are given


def stage2(kernel, noise_sigma, electrons=math.inf, jpeg_quality=None):
    """The family around one characterised camera: its kernel +- 15 %, its noise x 0.5 to 2, 10 % generic.

    kernel: (K,K) tensor; noise_sigma: read noise; electrons: full scale, where shot noise was measured.
    """
    well = PRESETS["defocus"].electrons if math.isinf(electrons) else (electrons / 2, electrons * 2)
    quality = jpeg_quality or PRESETS["defocus"].jpeg_quality[1]
    return DegradationConfig(
        families={"kernel": 1.0},
        kernel=tuple(map(tuple, kernel.tolist())),
        electrons=well,
        noise_sigma=(noise_sigma / 2, noise_sigma * 2),
        jpeg_fraction=1.0 if jpeg_quality else 0.0,
        jpeg_quality=(max(1, quality - 3), min(100, quality + 3)),
        generic_fraction=0.1,
        gap_fraction=PRESETS["defocus"].gap_fraction,
    )


def with_measured(config, folder):
    """The config with the kernels of a folder among its families."""
    kernels = read_kernels(folder)
    families = {**config.families, "measured": sum(config.families.values()) * MEASURED_SHARE / (1 - MEASURED_SHARE)}
    rounded = lambda row: tuple(round(tap, 6) for tap in row)
    rows = tuple(tuple(map(rounded, kernel.tolist())) for kernel in kernels)
    return dataclasses.replace(config, families=families, measured=rows)


def to_json(config):
    """One line per entry for people, plain JSON for machines."""
    entries = dataclasses.asdict(config).items()
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in entries) + "\n}\n"


def from_dict(entries):
    """A config from parsed JSON; entries that are left out keep their defaults."""
    known = {field.name for field in dataclasses.fields(DegradationConfig)}
    if not set(entries) <= known:
        raise ValueError(f"unknown degradation entries {sorted(set(entries) - known)}: expected {sorted(known)}")
    frozen = lambda value: tuple(map(frozen, value)) if isinstance(value, (list, tuple)) else value
    return DegradationConfig(**{key: frozen(value) for key, value in entries.items()})


def load_config(name):
    """A preset by name, or a JSON file."""
    if name in PRESETS:
        return PRESETS[name]
    try:
        return from_dict(json.loads(Path(name).read_text(encoding="utf-8")))
    except (OSError, TypeError, ValueError) as error:
        raise ValueError(f"no degradation {name} ({error}): expected one of {', '.join(PRESETS)}, or a file") from error


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m train.degrade.config", description=__doc__)
    parser.add_argument("name", help="a preset or a file")
    parser.add_argument("--measured", help="folder of kernels (pictures or .npy) to draw a tenth of the crops from")
    args = parser.parse_args()
    config = load_config(args.name)
    print(to_json(with_measured(config, args.measured) if args.measured else config), end="")
